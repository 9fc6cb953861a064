import type { Container, Pod } from "kubernetes-types/core/v1";
import type { Finding } from "../types/reason.ts";
import { parseGateCommand, parseSupervisorCommand, supervisorCommand, type View } from "./client-commands.ts";
import { gate } from "./client-container.ts";
import { containersOf } from "./containers.ts";
import { moveConsumersBehind } from "./move-consumers.ts";
import type { PodEditor } from "./pod-editor.ts";
import { serveContainers } from "./serve-containers.ts";
import { ServedVolume } from "./served-volume.ts";
import { isSharedMount, viewsRoot } from "./shared-volume.ts";

/**
 * The volumes that supervisors in the pod serve already. They are known by their structure, never by a mark: a
 * supervisor's command, and the shared volume it mounts for its views, which only a privileged container may do so.
 * Another version may have written them, and the API server and other webhooks may have filled them in.
 */
export function servedVolumes(pod: Pod, directSubPathExpr: boolean): ServedVolume[] {
  const volumes = pod.spec?.volumes?.filter((volume) => volume.emptyDir !== undefined);
  const inPod = new Set(volumes?.map((volume) => volume.name));
  return containersOf(pod).flatMap(({ container }) => {
    const views = parseSupervisorCommand(container.command)?.views ?? [];
    const shared = sharedVolumes(container);
    const byVolume = new Map<string, View[]>();
    for (const view of views) {
      const volume = volumeOf(view);
      const own = byVolume.get(volume) ?? [];
      byVolume.set(volume, own);
      own.push(view);
    }
    return [...byVolume]
      .filter(([volume]) => inPod.has(volume) && shared.has(volume))
      .map(([volume, own]) => ServedVolume.existing(volume, container.name, own, directSubPathExpr));
  });
}

/**
 * Serves containers that were added after the clients: points their mounts at views, gives a client the views that are
 * missing, and moves an init container that needs data behind the client that serves it.
 */
export function serveLateContainers(editor: PodEditor, served: readonly ServedVolume[]): Finding[] {
  const before = new Map(served.map((volume) => [volume, volume.views.length]));
  const findings = serveContainers(editor, served);
  const grown = served.filter(
    (volume) => volume.views.length !== before.get(volume) || volume.env.length > 0,
  );
  for (const keeper of new Set(grown.map((volume) => volume.client))) showMore(editor, keeper, served);
  moveConsumersBehind(editor, served);
  return findings;
}

function showMore(editor: PodEditor, keeper: string, served: readonly ServedVolume[]): void {
  const found = containersOf(editor.pod).find(({ container }) => container.name === keeper);
  const parsed = parseSupervisorCommand(found?.container.command);
  if (found === undefined || parsed === undefined) return;
  const own = served.filter((volume) => volume.client === keeper);
  const views = own.flatMap((volume) => volume.views);
  const why = "a container that came later needs a further view";
  const known = new Set(found.container.env?.map((variable) => variable.name));
  for (const variable of own.flatMap((volume) => volume.env))
    if (!known.has(variable.name)) editor.append([...found.path, "env"], variable, why);
  editor.set([...found.path, "command"], supervisorCommand({ ...parsed, views }), why);
  const seconds = parseGateCommand(found.container.lifecycle?.postStart?.exec?.command);
  if (seconds !== undefined) editor.set([...found.path, "lifecycle"], gate(seconds, views), why);
}

function volumeOf(view: View): string {
  return view.path.slice(viewsRoot.length + 1).split("/")[0] ?? "";
}

function sharedVolumes({ volumeMounts = [] }: Container): ReadonlySet<string> {
  return new Set(volumeMounts.filter(isSharedMount).map((mount) => mount.name));
}
