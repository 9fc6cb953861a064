import type { ClusterView } from "../../cluster/cluster-view.ts";
import type { JuicefsSettings, MountPodPatch } from "../../cluster/juicefs-settings.ts";
import { parseQuantity } from "../../types/quantity.ts";
import type { Problem, Trail } from "../problem.ts";
import { type CachePlan, cacheVolumes } from "./cache-volumes.ts";
import { replacedSizes, type StatedSizes, sharedSizes, statedSizes } from "./client-sizes.ts";
import { type PatchTemplates, patchFor, unsafeTemplate } from "./config-patch.ts";
import type { FoundVolume } from "./find-volume.ts";
import { readHostPaths } from "./host-paths.ts";
import type { JuicefsQuestion } from "./juicefs-options.ts";
import { bufferSize, type MountOption, readMountOptions } from "./mount-options.ts";
import { subDirectory } from "./sub-directory.ts";
import { whyBad } from "./why-bad.ts";

/** All that a volume, its claim and the driver's configuration say of its client. */
export interface ClientSettings {
  /** Absolute path, in the client's container, at which it mounts. */
  readonly mountPath: string;
  readonly image: string;
  /** The configuration file's entries for this client. */
  readonly patch: MountPodPatch;
  /** Without `metrics`. */
  readonly options: readonly MountOption[];
  /** The option `metrics`, as it was asked for. */
  readonly metrics?: string;
  /** Directories of the node that the client is given as they are. */
  readonly hostPaths: readonly string[];
  readonly cache: CachePlan;
  readonly sizes: StatedSizes;
  /** A quota to be set where there is none yet: size in GiB. */
  readonly quota?: { readonly path: string; readonly gibibytes: number };
  readonly readOnly: boolean;
  readonly dropped: readonly string[];
}

const noSettings: JuicefsSettings = { setQuota: true, patches: [] };

/** Reads the driver's configuration; a problem where it never was readable. */
export function readSettings(
  cluster: ClusterView,
  { configMap }: JuicefsQuestion,
  trail: Trail,
): JuicefsSettings | Problem {
  const config = cluster.juicefsConfig(configMap.namespace, configMap.name);
  if (config === undefined) return noSettings;
  if (config.settings !== undefined) return config.settings;
  return trail.problem(
    "juicefs-config-unreadable",
    (show) =>
      `the JuiceFS driver's configuration in ConfigMap ${show(`${config.namespace}/${config.name}`)} cannot be read: correct it`,
    { says: config.problems.join("; ") },
  );
}

/** The settings of one client, in the driver's order: configuration file, claim, volume, defaults. */
export function clientSettings(
  found: FoundVolume,
  settings: JuicefsSettings,
  cluster: ClusterView,
  question: JuicefsQuestion,
  trail: Trail,
): ClientSettings | Problem {
  const { claim, volume, csi } = found;
  const attributes = csi.attributes ?? {};
  const bad = (key: string, why: string) =>
    trail.problem(
      "volume-bad-value",
      (show) =>
        `PersistentVolume ${show(volume.name)} of claim ${show(`${claim.namespace}/${claim.name}`)}: ${key} ${why}: correct it`,
    );
  const templates = templatesOf(found);
  const unsafe = unsafeTemplate(settings, templates);
  if (unsafe !== undefined)
    return bad(`what stands for \${${unsafe}} in the driver's configuration`, "holds characters of a shell");
  const patch = patchFor(settings, claim, question.pod, cluster, templates);

  const readOnly = isReadOnly(found);
  const options = readMountOptions([
    patch.mountOptions ?? [],
    readOnly ? ["ro"] : [],
    volume.mountOptions ?? [],
    [attributes["mountOptions"] ?? ""],
  ]);
  if (options === undefined) return bad("a mount option", whyBad.option);
  const path = subDirectory(valueOfOption(options, "subdir") ?? "", templates.SUB_PATH);
  if (path === undefined)
    return trail.problem(
      "bad-sub-path",
      (show) =>
        `PersistentVolume ${show(volume.name)} of claim ${show(`${claim.namespace}/${claim.name}`)} begins at sub path ${show(JSON.stringify(templates.SUB_PATH))}: name one without "..", commas and control characters`,
    );

  const sizes = sizesOf(found, patch, question);
  if ("bad" in sizes) return bad(sizes.bad, whyBad.size);
  const cache = cacheVolumes({
    attributes,
    configured: patch.cacheDirs ?? [],
    option: cacheOption(found, patch),
    hostPaths: question.hostPaths,
  });
  if ("bad" in cache) return bad(cache.bad, whyBad.cache);
  const hostPaths = readHostPaths(attributes["juicefs/host-path"]);
  if (hostPaths === undefined) return bad("juicefs/host-path", whyBad.hostPath);

  if (csi.marks?.bad !== undefined) return bad(csi.marks.bad, whyBad.marks);

  const buffer = readBuffer(options, sizes);
  const metrics = valueOfOption(options, "metrics");
  const quota = quotaOf(found, settings, path);
  return {
    mountPath: templates.MOUNT_POINT,
    image: imageOf(found, patch, question),
    patch,
    options: [
      ...options.filter(({ key }) => !setElsewhere.includes(key)),
      ...buffer.options,
      ...(cache.directories.length === 0 ? [] : [{ key: "cache-dir", value: cache.directories.join(":") }]),
      ...(path === "" ? [] : [{ key: "subdir", value: path }]),
    ],
    ...(metrics === undefined ? {} : { metrics }),
    hostPaths: question.hostPaths ? hostPaths : [],
    cache,
    sizes,
    ...(quota === undefined ? {} : { quota }),
    readOnly,
    dropped: [
      ...cache.dropped,
      ...(question.hostPaths
        ? []
        : hostPaths.map((each) => `the node's directory ${each} (juicefs/host-path)`)),
      ...buffer.dropped,
      ...ofMountPods.filter((key) => attributes[key]).map((key) => `${key}, which is about mount pods`),
    ],
  };
}

/** Options that are put together from several places. */
const setElsewhere = ["subdir", "cache-dir", "buffer-size", "metrics"];

/** Attributes without a meaning for a client in a pod. */
const ofMountPods = ["juicefs/mount-service-account", "juicefs/mount-delete-delay", "juicefs/clean-cache"];

function templatesOf({ claim, volume, csi, facts }: FoundVolume): PatchTemplates {
  return {
    MOUNT_POINT: `/jfs/${claim.uid ?? claim.name}`,
    VOLUME_ID: csi.handle ?? volume.name,
    VOLUME_NAME: facts.fileSystem,
    SUB_PATH: csi.attributes?.["subPath"] ?? "",
  };
}

function isReadOnly({ volume, csi }: FoundVolume): boolean {
  const { accessModes } = volume;
  return (
    csi.readOnly === true || (accessModes.length > 0 && accessModes.every((mode) => mode === "ReadOnlyMany"))
  );
}

function valueOfOption(options: readonly MountOption[], key: string): string | undefined {
  return options.find((option) => option.key === key)?.value;
}

function readBuffer(
  options: readonly MountOption[],
  { limits }: StatedSizes,
): { readonly options: readonly MountOption[]; readonly dropped: readonly string[] } {
  const stated = valueOfOption(options, "buffer-size");
  if (stated === undefined) return { options: [], dropped: [] };
  const value = bufferSize(stated, limits["memory"]);
  if (value !== undefined) return { options: [{ key: "buffer-size", value }], dropped: [] };
  return { options: [], dropped: [`mount option buffer-size=${stated}, which is no size`] };
}

function sizesOf(
  { claim, csi }: FoundVolume,
  patch: MountPodPatch,
  { pod }: JuicefsQuestion,
): StatedSizes | { readonly bad: string } {
  const stated = statedSizes({ ...csi.attributes, ...claim.clientSizes });
  if ("bad" in stated) return stated;
  const sizes = patch.resources === undefined ? stated : replacedSizes(patch.resources);
  if (patch.resourcePercentages === undefined) return sizes;
  return sharedSizes(sizes, patch.resourcePercentages, pod, claim.name);
}

function imageOf({ csi, facts }: FoundVolume, patch: MountPodPatch, { images }: JuicefsQuestion): string {
  const configured = facts.edition === "ce" ? patch.ceMountImage : patch.eeMountImage;
  return configured || csi.attributes?.["juicefs/mount-image"] || images[facts.edition];
}

/** A directory in the configuration file stands beside those of the volume, as the other caches do. */
function cacheOption({ volume, csi }: FoundVolume, patch: MountPodPatch): string {
  const lists = [
    patch.mountOptions ?? [],
    [...(volume.mountOptions ?? []), csi.attributes?.["mountOptions"] ?? ""],
  ];
  return lists.flatMap((list) => valueOfOption(readMountOptions([list]) ?? [], "cache-dir") ?? []).join(":");
}

/** A volume that is only a part of its file system may fill as much of it as its claim asks for. */
function quotaOf(
  { claim, csi }: FoundVolume,
  { setQuota }: JuicefsSettings,
  path: string,
): ClientSettings["quota"] {
  // The driver's controller has set it, and sets it anew when the claim grows.
  if (
    !setQuota ||
    !csi.attributes?.["subPath"] ||
    csi.attributes?.["juicefs/controller-quota-set"] === "true"
  )
    return undefined;
  const gibibytes = Math.floor((parseQuantity(claim.storage) ?? 0) / 2 ** 30);
  if (gibibytes < 1) return undefined;
  return { path: path.startsWith("/") ? path : `/${path}`, gibibytes };
}
