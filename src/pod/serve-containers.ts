import type { Container, VolumeMount } from "kubernetes-types/core/v1";
import type { Finding } from "../types/reason.ts";
import { containersOf } from "./containers.ts";
import { asFolder, InnerMounts } from "./inner-mounts.ts";
import { OwnVariables } from "./own-variables.ts";
import type { PodEditor } from "./pod-editor.ts";
import { byVolume, type ServedVolume } from "./served-volume.ts";
import { isSharedMount } from "./shared-volume.ts";

/**
 * Points the mounts of the pod's containers at the views of the served volumes. In a volume that was served before,
 * containers that keep its views or guard it mount it whole and are left alone, as are mounts that show a view already.
 */
export function serveContainers(editor: PodEditor, served: readonly ServedVolume[]): Finding[] {
  if (served.length === 0) return [];
  const findings: Finding[] = [];
  const volumes = byVolume(served);
  for (const { container, path } of containersOf(editor.pod)) {
    let inside: InnerMounts | undefined;
    let variables: OwnVariables | undefined;
    container.volumeMounts?.forEach((mount, index) => {
      const volume = volumes.get(mount.name);
      if (volume === undefined || (!volume.isNew && (isSharedMount(mount) || volume.shows(mount)))) return;
      inside ??= new InnerMounts(container);
      variables ??= new OwnVariables(container);
      const result = volume.serve(container, mount, inside, variables);
      findings.push(...result.findings);
      const why = `container ${container.name} sees the dataset at ${mount.mountPath} through a view of ${volume.client}`;
      changeMount(editor, [...path, "volumeMounts", index], mount, result.mount, why);
    });
    findings.push(...workingDirectory(container, volumes));
  }
  return findings;
}

/** Makes a mount what it has to be, by edits of those of its members that differ. */
export function changeMount(
  editor: PodEditor,
  path: readonly (string | number)[],
  before: VolumeMount,
  after: VolumeMount,
  why: string,
): void {
  for (const key of Object.keys(before)) if (!(key in after)) editor.remove([...path, key], why);
  for (const [key, value] of Object.entries(after)) editor.set([...path, key], value, why);
}

function workingDirectory(container: Container, volumes: ReadonlyMap<string, ServedVolume>): Finding[] {
  const directory = container.workingDir;
  if (directory === undefined) return [];
  return (container.volumeMounts ?? []).flatMap((mount) => {
    const volume = volumes.get(mount.name);
    if (volume === undefined || !asFolder(directory).startsWith(asFolder(mount.mountPath))) return [];
    const message = `container ${container.name}: workingDir ${directory} lies in a dataset, and a working directory stays dead when its client dies: set another`;
    return [{ code: "working-dir-in-dataset" as const, message, volume: volume.volume }];
  });
}
