import type { Container, Pod } from "kubernetes-types/core/v1";
import { parseSupervisorCommand } from "./client-commands.ts";
import { containersOf } from "./containers.ts";
import { isGuard } from "./guard.ts";
import { freeName } from "./names.ts";
import type { PodEditor } from "./pod-editor.ts";

/**
 * Pod annotation: names, between blanks, the containers of ours that nobody in the pod needs any more. Whoever may
 * change the pod can so end a client without a way to send it a signal: the kubelet shows it as a file.
 */
export const endAnnotation = "sluice.io/end";

/** Pod label by which `sluice controllers` finds the pods in which they have something to do. */
export const controllersLabel = "sluice.io/needs-controllers";

const folder = "/sluice/end";
const file = "names";
const fieldPath = `metadata.annotations['${endAnnotation}']`;

/**
 * Lets the classic clients and the guard of a pod heed the annotation. Parts that are there already are kept.
 * (Kubernetes: docs, "Downward API": a volume follows the annotation, an environment variable does not.)
 */
export function addEndSign(editor: PodEditor): void {
  const { pod } = editor;
  const [known] = endVolumes(pod);
  const volume = known ?? freeName("sluice-end", new Set(pod.spec?.volumes?.map(({ name }) => name)));
  const why = `lets it end once the annotation ${endAnnotation} says that nobody needs it any more`;
  let added = false;
  for (const { container, list, path } of containersOf(pod)) {
    if (list !== "containers" || !isOurs(container) || heedsEndSign(container, endVolumes(pod))) continue;
    const mount = { name: volume, mountPath: folder, readOnly: true };
    editor.append([...path, "volumeMounts"], mount, why);
    editor.append([...path, "env"], { name: "SLUICE_END_FILE", value: `${folder}/${file}` }, why);
    editor.append([...path, "env"], { name: "SLUICE_CONTAINER", value: container.name }, why);
    added = true;
  }
  if (!added) return;
  if (known === undefined) {
    const items = [{ path: file, fieldRef: { apiVersion: "v1", fieldPath } }];
    editor.append(["spec", "volumes"], { name: volume, downwardAPI: { items } }, why);
  }
}

/** A pod that was copied from one that has ended brings the annotation along, by which its clients would end at once. */
export function clearEndSign(editor: PodEditor): void {
  if (editor.pod.metadata?.annotations?.[endAnnotation] === undefined) return;
  const why = "it told the clients of an earlier pod that nobody needs them";
  editor.remove(["metadata", "annotations", endAnnotation], why);
}

/** Names of the pod's volumes that show the annotation. */
export function endVolumes(pod: Pod): ReadonlySet<string> {
  const volumes = pod.spec?.volumes?.filter((volume) =>
    volume.downwardAPI?.items?.some((item) => item.path === file && item.fieldRef?.fieldPath === fieldPath),
  );
  return new Set(volumes?.map((volume) => volume.name));
}

/** Whether a container of ours ends when the annotation names it. `volumes`: those of `endVolumes`. */
export function heedsEndSign({ name, env, volumeMounts }: Container, volumes: ReadonlySet<string>): boolean {
  return (
    (env?.some((entry) => entry.name === "SLUICE_CONTAINER" && entry.value === name) ?? false) &&
    (volumeMounts?.some((mount) => mount.mountPath === folder && volumes.has(mount.name)) ?? false)
  );
}

/** The annotation's names. */
export function namesIn(annotation: string | undefined): string[] {
  return (annotation ?? "").split(" ").filter((name) => name !== "");
}

function isOurs(container: Container): boolean {
  return isGuard(container) || parseSupervisorCommand(container.command) !== undefined;
}
