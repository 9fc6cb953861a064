import { posix } from "node:path";
import type { Container, VolumeMount } from "kubernetes-types/core/v1";
import type { Finding } from "../types/reason.ts";
import { containersOf } from "./containers.ts";
import type { PodEditor } from "./pod-editor.ts";
import type { ServedVolume } from "./served-volume.ts";

/**
 * Points the mounts of the pod's containers at the views of the served volumes. In a volume that was served before,
 * containers that keep its views or guard it mount it whole and are left alone, as are mounts that show a view already.
 */
export function serveContainers(editor: PodEditor, served: readonly ServedVolume[]): Finding[] {
  const findings: Finding[] = [];
  for (const { container, path } of containersOf(editor.pod)) {
    container.volumeMounts?.forEach((mount, index) => {
      const volume = served.find((candidate) => candidate.volume === mount.name);
      if (volume === undefined || (!volume.isNew && (isKeeper(mount) || volume.shows(mount)))) return;
      const result = volume.serve(container, mount);
      findings.push(...result.findings);
      const why = `container ${container.name} sees the dataset at ${mount.mountPath} through a view of ${volume.client}`;
      changeMount(editor, [...path, "volumeMounts", index], mount, result.mount, why);
    });
    findings.push(...workingDirectory(container, served));
  }
  return findings;
}

/** Only clients and guards mount a shared volume this way. */
function isKeeper(mount: VolumeMount): boolean {
  return mount.mountPropagation === "Bidirectional" && mount.mountPath === `/sluice/views/${mount.name}`;
}

function changeMount(
  editor: PodEditor,
  path: readonly (string | number)[],
  before: VolumeMount,
  after: VolumeMount,
  why: string,
): void {
  for (const key of Object.keys(before)) if (!(key in after)) editor.remove([...path, key], why);
  for (const [key, value] of Object.entries(after)) editor.set([...path, key], value, why);
}

function workingDirectory(container: Container, served: readonly ServedVolume[]): Finding[] {
  const directory = container.workingDir;
  if (directory === undefined) return [];
  return (container.volumeMounts ?? []).flatMap((mount) => {
    const volume = served.find((candidate) => candidate.volume === mount.name);
    if (volume === undefined || !asFolder(directory).startsWith(asFolder(mount.mountPath))) return [];
    const message = `container ${container.name}: workingDir ${directory} lies in a dataset, and a working directory stays dead when its client dies: set another`;
    return [{ code: "working-dir-in-dataset" as const, message, volume: volume.volume }];
  });
}

/** The cleaned path, with one slash at its end. */
function asFolder(path: string): string {
  return posix.normalize(`${path}/`);
}
