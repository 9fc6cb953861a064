import type { Pod, VolumeMount } from "kubernetes-types/core/v1";
import { parseSupervisorCommand, type View } from "../client-commands.ts";
import { containersOf } from "../containers.ts";
import { splitExpansion } from "../expansion.ts";
import type { PodClient } from "../find-clients.ts";
import type { PodEditor } from "../pod-editor.ts";
import { changeMount } from "../serve-containers.ts";
import { viewsRoot } from "../shared-volume.ts";
import type { OwnParts } from "./own-parts.ts";

/** What cannot be told from the pod: `blocking` means that it cannot be taken out at all. */
export interface Unknowns {
  readonly blocking: string[];
  readonly notes: string[];
}

/** Lets the volumes that show a client's mount be mounted from their claims again. */
export function restoreVolumes(editor: PodEditor, parts: OwnParts, unknowns: Unknowns): void {
  editor.pod.spec?.volumes?.forEach(({ name }, index) => {
    const client = parts.clients.find(({ volumes }) => volumes.includes(name));
    if (client === undefined || parts.volumes.has(name)) return;
    const claimName = claimOf(name, client, unknowns);
    if (claimName === undefined) return;
    const readOnly = viewsOf(name, client, editor.pod)[0]?.readOnly === true;
    const source = { claimName, ...(readOnly ? { readOnly } : {}) };
    editor.set(
      ["spec", "volumes", index],
      { name, persistentVolumeClaim: source },
      `mounts claim ${claimName} again`,
    );
  });
}

function claimOf(volume: string, client: PodClient, unknowns: Unknowns): string | undefined {
  const { claims, container, volumes } = client;
  const [only, ...others] = claims;
  if (only === undefined) {
    unknowns.blocking.push(
      `volume ${volume} shows what ${container} mounts, and sluice.io/status does not name its claim`,
    );
    return undefined;
  }
  if (others.length === 0) return only;
  if (claims.includes(volume)) return volume;
  const [single] = volumes;
  // Where clients mount straight, the volumes of one dataset became one, and any of its claims leads to it.
  if (client.layout === "straight" && volumes.length === 1 && single === volume) {
    unknowns.notes.push(
      `volume ${volume} may have been several, of claims ${claims.join(", ")}: ${only} is named`,
    );
    return only;
  }
  unknowns.blocking.push(
    `volume ${volume} shows one of the claims ${claims.join(", ")}: which, is not known`,
  );
  return undefined;
}

/** Lets the containers that stay mount the volumes as they did. */
export function restoreMounts(editor: PodEditor, parts: OwnParts, unknowns: Unknowns): void {
  for (const { container, path } of containersOf(editor.pod)) {
    if (parts.containers.has(container.name)) continue;
    const why = `container ${container.name} mounts the claim itself again`;
    container.volumeMounts?.forEach((mount, index) => {
      const client = parts.clients.find(({ volumes }) => volumes.includes(mount.name));
      if (client === undefined) return;
      const restored = restoreMount(mount, client, editor.pod, (what) =>
        unknowns.notes.push(`container ${container.name}, ${mount.mountPath}: ${what}`),
      );
      changeMount(editor, [...path, "volumeMounts", index], mount, restored, why);
    });
    const mounts = container.volumeMounts ?? [];
    for (let index = mounts.length - 1; index >= 0; index--)
      if (parts.volumes.has(mounts[index]?.name ?? ""))
        editor.remove([...path, "volumeMounts", index], "shows what a container of ours left there");
  }
}

function restoreMount(
  mount: VolumeMount,
  client: PodClient,
  pod: Pod,
  tell: (what: string) => void,
): VolumeMount {
  const { subPath, subPathExpr, mountPropagation, ...rest } = mount;
  const kept =
    mountPropagation === undefined || mountPropagation === "HostToContainer" ? {} : { mountPropagation };
  if (client.layout === "straight")
    return { ...rest, ...(subPath && { subPath }), ...(subPathExpr && { subPathExpr }), ...kept };
  const views = viewsOf(mount.name, client, pod);
  const [name = "", ...below] = (subPathExpr ?? subPath ?? "").split("/");
  const view = views.find(({ path }) => path === `${viewsRoot}/${mount.name}/${name}`);
  // Not one of ours: somebody else put it there.
  if (view === undefined) return mount;
  if (below.length > 0) return { ...rest, subPathExpr: below.join("/"), ...kept };
  const source = sourceBelow(view.source, views[0]?.source ?? ".");
  if (source === undefined) {
    tell(`which sub path ${view.source} stands for is not known: the whole volume is mounted`);
    return { ...rest, ...kept };
  }
  return { ...rest, ...asSubPath(source), ...kept };
}

/** What a view shows of the volume whose root is `root`; "" for all of it. */
function sourceBelow(source: string, root: string): string | undefined {
  if (source === root) return "";
  if (root === ".") return source;
  return source.startsWith(`${root}/./`) ? source.slice(root.length + 3) : undefined;
}

/** A variable of a client is named after the container's: SLUICE_PATH_<container>_<variable>. */
function asSubPath(source: string): Partial<VolumeMount> {
  if (source === "") return {};
  const parts = splitExpansion(source);
  if (!parts.some((part) => part.startsWith("$("))) return { subPath: source.replaceAll("$$", "$") };
  const expression = parts.map((part) => part.replace(/^\$\(SLUICE_PATH_[^_]+_(.*)\)$/, "$($1)"));
  return { subPathExpr: expression.join("") };
}

function viewsOf(volume: string, { keeper }: PodClient, pod: Pod): readonly View[] {
  const found = containersOf(pod).find(({ container }) => container.name === keeper);
  const views = parseSupervisorCommand(found?.container.command)?.views ?? [];
  return views.filter(({ path }) => path.startsWith(`${viewsRoot}/${volume}/`));
}
