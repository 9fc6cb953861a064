import { posix } from "node:path";
import type { NodeAffinity, Pod, VolumeMount } from "kubernetes-types/core/v1";
import { containersOf } from "../containers.ts";
import { endAnnotation } from "../end-sign.ts";
import { statusAnnotation } from "../status-annotation.ts";
import type { BeforeInjection, MountBefore, VolumeBefore } from "./before-injection.ts";
import { defaultContainer, isOwnAnnotation, isOwnLabel } from "./own-marks.ts";
import { isSteered, leadsToCacheOnly } from "./remove-steering.ts";

/** No longer text of a status than that: what does not fit is told by `takeOut` as not known. */
const mostCharacters = 2_000;

export interface Injection {
  /** The pod as it came. */
  readonly before: Pod;
  /** The pod with its clients, without the marks yet. */
  readonly after: Pod;
  /** The client's container by claim. */
  readonly clients: Readonly<Record<string, string>>;
  /** Clients mount straight into the app's volumes. */
  readonly straight: boolean;
  /** What an earlier call has written down, where the pod held clients already; "unknown" where it has not. */
  readonly earlier: BeforeInjection | "unknown" | undefined;
}

/** What has to be written down for `takeOut` to give the pod back as it came; undefined where that would be too much. */
export function recordBefore(injection: Injection): BeforeInjection | undefined {
  const { earlier } = injection;
  if (earlier === "unknown") return undefined;
  const record = earlier === undefined ? recordFirst(injection) : recordAgain(injection, earlier);
  return JSON.stringify(record).length > mostCharacters ? undefined : record;
}

function recordFirst(injection: Injection): BeforeInjection {
  const { before, after } = injection;
  const [first] = before.spec?.containers ?? [];
  const isOwn = (key: string, value: string) =>
    isOwnAnnotation(key) || (key === defaultContainer && value === first?.name);
  return {
    ...recordLists(injection),
    ...part("labels", changedEntries(before.metadata?.labels, after.metadata?.labels, isOwnLabel)),
    ...part("annotations", changedEntries(before.metadata?.annotations, after.metadata?.annotations, isOwn)),
    ...recordAffinity(before, after),
  };
}

/** The marks that stand in the pod are those of the earlier call, which knew the pod without them. */
function recordAgain(injection: Injection, earlier: BeforeInjection): BeforeInjection {
  const { before, after } = injection;
  const never = () => false;
  const lists = recordLists(injection);
  const labels = changedEntries(before.metadata?.labels, after.metadata?.labels, never);
  const annotations = changedEntries(before.metadata?.annotations, after.metadata?.annotations, never);
  return {
    ...lists,
    ...earlier,
    ...part("volumes", { ...lists.volumes, ...earlier.volumes }),
    ...part("mounts", { ...lists.mounts, ...earlier.mounts }),
    ...part("labels", { ...labels, ...earlier.labels }),
    ...part("annotations", { ...annotations, ...earlier.annotations }),
    ...texts("pullSecrets", [...(earlier.pullSecrets ?? []), ...(lists.pullSecrets ?? [])]),
    ...texts("dns", [...(earlier.dns ?? []), ...(lists.dns ?? [])]),
  };
}

function recordLists(injection: Injection): BeforeInjection {
  const { before, after } = injection;
  const replaced = replacedVolumes(injection);
  const secrets = (pod: Pod) => (pod.spec?.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []);
  const resolvers = ({ spec }: Pod) => [
    ...(spec?.dnsConfig?.nameservers ?? []),
    ...(spec?.dnsConfig?.searches ?? []),
  ];
  const spread = before.spec?.topologySpreadConstraints !== after.spec?.topologySpreadConstraints;
  return {
    ...part("volumes", recordVolumes(injection, replaced)),
    ...part("mounts", recordMounts(injection, replaced)),
    ...texts(
      "pullSecrets",
      added(before, after, secrets, before.spec?.imagePullSecrets !== after.spec?.imagePullSecrets),
    ),
    ...texts("dns", added(before, after, resolvers, before.spec?.dnsConfig !== after.spec?.dnsConfig)),
    ...(spread && { spread }),
  };
}

function added(before: Pod, after: Pod, entriesOf: (pod: Pod) => string[], changed: boolean): string[] {
  if (!changed) return [];
  const there = new Set(entriesOf(before));
  return entriesOf(after).filter((entry) => !there.has(entry));
}

/** Names of the volumes that were claims and are none any more. */
function replacedVolumes({ before, after }: Injection): ReadonlySet<string> {
  const kept = new Set(after.spec?.volumes);
  return new Set((before.spec?.volumes ?? []).filter((volume) => !kept.has(volume)).map(({ name }) => name));
}

function recordVolumes(
  { before, after, clients }: Injection,
  replaced: ReadonlySet<string>,
): Record<string, VolumeBefore> {
  if (replaced.size === 0) return {};
  const there = new Set(after.spec?.volumes?.map(({ name }) => name));
  const used = mountedIn(before);
  const served = new Map<string | undefined, number>();
  for (const container of Object.values(clients)) served.set(container, (served.get(container) ?? 0) + 1);
  const record = (before.spec?.volumes ?? []).flatMap(
    ({ name, persistentVolumeClaim: source }, at): (readonly [string, VolumeBefore])[] => {
      if (source === undefined || !replaced.has(name)) return [];
      const { claimName: claim, readOnly } = source;
      const gone = !there.has(name);
      // One that only clients use would be taken for theirs.
      const named = gone || !used.has(name) || (served.get(clients[claim]) ?? 0) > 1;
      if (!named && readOnly === undefined) return [];
      const place = { ...(named && { claim }), ...(gone && { at }) };
      return [[name, { ...place, ...(readOnly !== undefined && { readOnly }) }]];
    },
  );
  return Object.fromEntries(record);
}

function mountedIn(pod: Pod): ReadonlySet<string> {
  const mounts = containersOf(pod).flatMap(({ container }) => container.volumeMounts ?? []);
  return new Set(mounts.map(({ name }) => name));
}

function recordMounts(
  { before, after, straight }: Injection,
  replaced: ReadonlySet<string>,
): Record<string, Record<string, MountBefore>> {
  if (replaced.size === 0) return {};
  const mounts = straight ? mountsOf(after) : undefined;
  const record = containersOf(before).flatMap(({ container: { name, volumeMounts } }) => {
    const told = (volumeMounts ?? []).flatMap((mount): (readonly [string, MountBefore])[] => {
      if (!replaced.has(mount.name)) return [];
      const before =
        mounts === undefined ? notInView(mount) : differences(mount, mounts.get(name)?.get(mount.mountPath));
      return Object.keys(before).length === 0 ? [] : [[mount.mountPath, before]];
    });
    return told.length === 0 ? [] : [[name, Object.fromEntries(told)] as const];
  });
  return Object.fromEntries(record);
}

/** By container and mountPath. */
function mountsOf(pod: Pod): ReadonlyMap<string, ReadonlyMap<string, VolumeMount>> {
  return new Map(
    containersOf(pod).map(({ container: { name, volumeMounts } }) => [
      name,
      new Map(volumeMounts?.map((mount) => [mount.mountPath, mount])),
    ]),
  );
}

/** What a view does not tell of the mount that it is shown by. */
function notInView({ subPath, subPathExpr, mountPropagation, recursiveReadOnly }: VolumeMount): MountBefore {
  return {
    ...(subPathExpr !== undefined && { subPathExpr }),
    ...(subPath !== undefined && !isPlainPath(subPath) && { subPath }),
    ...(mountPropagation !== undefined && { mountPropagation }),
    ...(recursiveReadOnly !== undefined && { recursiveReadOnly }),
  };
}

/** A view's source is the sub path in its shortest form. */
function isPlainPath(path: string): boolean {
  return path !== "" && path !== "." && !path.endsWith("/") && posix.normalize(path) === path;
}

function differences(was: VolumeMount, is: VolumeMount | undefined): MountBefore {
  const told: Record<string, string | boolean | null> = {};
  for (const key of ["name", "readOnly", "subPath", "subPathExpr"] as const)
    if (was[key] !== is?.[key]) told[key] = was[key] ?? null;
  const { mountPropagation, recursiveReadOnly } = was;
  return {
    ...told,
    ...(mountPropagation !== undefined && { mountPropagation }),
    ...(recursiveReadOnly !== undefined && { recursiveReadOnly }),
  };
}

/** The cache's labels tell by themselves what leads to it, where nothing else does. */
function recordAffinity(before: Pod, after: Pod): Pick<BeforeInjection, "affinity"> {
  const was: NodeAffinity | undefined = before.spec?.affinity?.nodeAffinity ?? undefined;
  const is = after.spec?.affinity?.nodeAffinity ?? undefined;
  if (was === is) return was !== undefined && isSteered(before) ? { affinity: was } : {};
  if (was !== undefined && Object.keys(was).length > 0) return { affinity: was };
  return leadsToCacheOnly(after) ? {} : { affinity: null };
}

type Texts = Readonly<Record<string, string>> | null | undefined;

/** Entries that were changed, or that `isOwn` takes for an injection's, as they were; null for those that were added. */
function changedEntries(
  before: Texts,
  after: Texts,
  isOwn: (key: string, value: string) => boolean,
): Record<string, string | null> {
  const has = (entries: Texts, key: string) => entries != null && Object.hasOwn(entries, key);
  const added = before === after ? [] : Object.entries(after ?? {}).filter(([key]) => !has(before, key));
  const changed = Object.entries(before ?? {}).filter(
    ([key, value]) =>
      key !== statusAnnotation &&
      key !== endAnnotation &&
      (isOwn(key, value) || !has(after, key) || after?.[key] !== value),
  );
  return Object.fromEntries([
    ...added.flatMap(([key, value]) => (isOwn(key, value) ? [] : [[key, null] as const])),
    ...changed,
  ]);
}

function part<K extends keyof BeforeInjection, T extends object>(
  key: K,
  entries: T,
): { readonly [P in K]?: T } | object {
  return Object.keys(entries).length === 0 ? {} : { [key]: entries };
}

function texts<K extends keyof BeforeInjection>(key: K, entries: readonly string[]): object {
  return entries.length === 0 ? {} : { [key]: [...new Set(entries)] };
}
