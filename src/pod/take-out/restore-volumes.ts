import type { Pod, Volume, VolumeMount } from "kubernetes-types/core/v1";
import { parseSupervisorCommand, type View } from "../client-commands.ts";
import { containersOf } from "../containers.ts";
import { splitExpansion } from "../expansion.ts";
import type { PodClient } from "../find-clients.ts";
import type { PodEditor } from "../pod-editor.ts";
import { changeMount } from "../serve-containers.ts";
import { viewsRoot } from "../shared-volume.ts";
import type { BeforeInjection, MountBefore } from "./before-injection.ts";
import type { OwnParts } from "./own-parts.ts";

/** What cannot be told from the pod: `blocking` means that it cannot be taken out at all. */
export interface Unknowns {
  readonly blocking: string[];
  readonly notes: string[];
}

/** Lets the volumes that show a client's mount be mounted from their claims again. */
export function restoreVolumes(
  editor: PodEditor,
  parts: OwnParts,
  before: BeforeInjection | undefined,
  unknowns: Unknowns,
): void {
  editor.pod.spec?.volumes?.forEach(({ name }, index) => {
    const client = parts.clients.find(({ volumes }) => volumes.includes(name));
    if (client === undefined || parts.volumes.has(name)) return;
    const told = entryOf(before?.volumes, name);
    const claimName = told?.claim ?? claimOf(name, client, before !== undefined, unknowns);
    if (claimName === undefined) return;
    const ofView = viewsOf(name, client, editor.pod)[0]?.readOnly === true ? true : undefined;
    editor.set(
      ["spec", "volumes", index],
      claimVolume(name, claimName, before === undefined ? ofView : told?.readOnly),
      `mounts claim ${claimName} again`,
    );
  });
}

/** Puts back the volumes that went because another one shows the same. To be done once those of clients are gone. */
export function restoreGoneVolumes(editor: PodEditor, before: BeforeInjection | undefined): void {
  const there = new Set(editor.pod.spec?.volumes?.map(({ name }) => name));
  const gone = Object.entries(before?.volumes ?? {}).filter(
    ([name, { claim, at }]) => claim !== undefined && at !== undefined && !there.has(name),
  );
  gone.sort(([, a], [, b]) => (a.at ?? 0) - (b.at ?? 0));
  for (const [name, { claim = "", readOnly, at = 0 }] of gone) {
    const index = Math.min(Math.max(at, 0), editor.pod.spec?.volumes?.length ?? 0);
    const why = `mounts claim ${claim} again, which another volume stood for`;
    editor.insert(["spec", "volumes"], index, claimVolume(name, claim, readOnly), why);
  }
}

function claimVolume(name: string, claimName: string, readOnly: boolean | undefined): Volume {
  return { name, persistentVolumeClaim: { claimName, ...(readOnly === undefined ? {} : { readOnly }) } };
}

/** Names in a pod may be those of members that every object has. */
function entryOf<T>(entries: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return entries !== undefined && Object.hasOwn(entries, name) ? entries[name] : undefined;
}

function claimOf(
  volume: string,
  client: PodClient,
  recorded: boolean,
  unknowns: Unknowns,
): string | undefined {
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
    if (!recorded)
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
export function restoreMounts(
  editor: PodEditor,
  parts: OwnParts,
  before: BeforeInjection | undefined,
  unknowns: Unknowns,
): void {
  for (const { container, path } of containersOf(editor.pod)) {
    if (parts.containers.has(container.name)) continue;
    const why = `container ${container.name} mounts the claim itself again`;
    container.volumeMounts?.forEach((mount, index) => {
      const client = parts.clients.find(({ volumes }) => volumes.includes(mount.name));
      if (client === undefined) return;
      const told = entryOf(entryOf(before?.mounts, container.name), mount.mountPath);
      const restored = restoreMount(mount, client, editor.pod, (what) => {
        if (told === undefined)
          unknowns.notes.push(`container ${container.name}, ${mount.mountPath}: ${what}`);
      });
      changeMount(editor, [...path, "volumeMounts", index], mount, asTold(restored, told), why);
    });
    const mounts = container.volumeMounts ?? [];
    for (let index = mounts.length - 1; index >= 0; index--)
      if (parts.volumes.has(mounts[index]?.name ?? ""))
        editor.remove([...path, "volumeMounts", index], "shows what a container of ours left there");
  }
}

function asTold(mount: VolumeMount, told: MountBefore = {}): VolumeMount {
  const { subPath, subPathExpr, ...rest } = mount;
  const names = "subPath" in told || "subPathExpr" in told;
  const path = {
    ...(subPath !== undefined && { subPath }),
    ...(subPathExpr !== undefined && { subPathExpr }),
  };
  const members = Object.entries({ ...rest, ...(names ? {} : path), ...told });
  const stated = Object.fromEntries(members.filter(([, value]) => value !== null));
  return { name: mount.name, mountPath: mount.mountPath, ...stated };
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
