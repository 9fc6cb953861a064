import type { CSIVolumeSource, Volume, VolumeMount } from "kubernetes-types/core/v1";
import type { CacheDirectory } from "../../cluster/juicefs-settings.ts";
import { parseQuantity } from "../../types/quantity.ts";

/** Where a client keeps its cache. */
export interface CachePlan {
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
  /** For the mount option `cache-dir`; none, where the client's own default is meant. */
  readonly directories: readonly string[];
  /** What was replaced or left out, in words. */
  readonly dropped: readonly string[];
}

/** Where the client keeps its cache by itself. (juicefs-csi-driver: pkg/config/setting.go, genCacheDirs.) */
const defaultDirectory = "/var/jfsCache";

export interface CacheQuestion {
  readonly attributes: Readonly<Record<string, string>>;
  /** The configuration file's `cacheDirs`. */
  readonly configured: readonly CacheDirectory[];
  /** The value of the mount option `cache-dir`. */
  readonly option: string | undefined;
  /** Whether directories of the node may be mounted. Otherwise an emptyDir takes their place. */
  readonly hostPaths: boolean;
}

/** The volumes of a client's cache; the key of an attribute that cannot be read in place of that. */
export function cacheVolumes(question: CacheQuestion): CachePlan | { readonly bad: string } {
  const { attributes, configured, option, hostPaths } = question;
  const cache = new CacheVolumes(hostPaths);
  for (const name of words(attributes["juicefs/mount-cache-pvc"], ",")) cache.addClaim(name);
  for (const entry of configured) if (entry.type === "PVC") cache.addClaim(entry.name);

  const emptyDir = readEmptyDir(attributes["juicefs/mount-cache-emptydir"]);
  if (emptyDir === undefined) return { bad: "juicefs/mount-cache-emptydir" };
  // The later ones replace the earlier ones, for there is one directory for them.
  const emptyDirs = configured.filter((entry) => entry.type === "EmptyDir");
  const chosen = emptyDirs.at(-1) ?? emptyDir[0];
  if (chosen !== undefined) cache.addEmptyDir(chosen.sizeLimit, chosen.medium);

  for (const entry of configured) if (entry.type === "Ephemeral") cache.addEphemeral(entry);
  const inline = readInline(attributes["juicefs/mount-cache-inline-volume"]);
  if (inline === undefined) return { bad: "juicefs/mount-cache-inline-volume" };
  for (const source of inline) cache.addInline(source);

  const paths = words(option, ":");
  if (!paths.every(isCachePath)) return { bad: "cache-dir" };
  for (const path of paths) cache.addPath(path);
  for (const entry of configured) if (entry.type === "HostPath") cache.addPath(entry.path);
  return cache.plan();
}

class CacheVolumes {
  readonly #hostPaths: boolean;
  readonly #volumes: Volume[] = [];
  readonly #mounts: VolumeMount[] = [];
  readonly #directories = new Set<string>();
  readonly #dropped: string[] = [];
  readonly #counts = new Map<string, number>();

  constructor(hostPaths: boolean) {
    this.#hostPaths = hostPaths;
  }

  addClaim(claimName: string): void {
    const number = this.#next("cachedir-pvc");
    const volume = { name: `cachedir-pvc-${number}`, persistentVolumeClaim: { claimName } };
    this.#add(volume, `${defaultDirectory}-${number}`);
  }

  addEmptyDir(sizeLimit: string | undefined, medium: string | undefined): void {
    const limited = (parseQuantity(sizeLimit) ?? 0) > 0;
    const emptyDir = { ...(medium ? { medium } : {}), ...(limited && sizeLimit ? { sizeLimit } : {}) };
    this.#add({ name: "cachedir-empty-dir", emptyDir }, `${defaultDirectory}-emptyDir`);
  }

  addEphemeral({
    storage,
    storageClassName,
    accessModes,
  }: Extract<CacheDirectory, { type: "Ephemeral" }>): void {
    const number = this.#next("cachedir-ephemeral");
    const spec = {
      accessModes: [...accessModes],
      resources: { requests: { storage } },
      ...(storageClassName === undefined ? {} : { storageClassName }),
    };
    const volume = { name: `cachedir-ephemeral-${number}`, ephemeral: { volumeClaimTemplate: { spec } } };
    this.#add(volume, `${defaultDirectory}-ephemeral-${number}`);
  }

  addInline(csi: CSIVolumeSource): void {
    const number = this.#next("cachedir-inline-volume");
    this.#add(
      { name: `cachedir-inline-volume-${number}`, csi },
      `${defaultDirectory}-inlineVolume-${number}`,
    );
  }

  /** A directory by its path: one of the node where that may be, else one that lives and dies with the pod. */
  addPath(path: string): void {
    if (this.#directories.has(path)) return;
    // Neither memory nor a pattern is a directory that could be mounted.
    if (path === "memory" || path.includes("*")) {
      this.#directories.add(path);
      return;
    }
    if (!this.#hostPaths)
      this.#dropped.push(`the node's directory ${path} for its cache: an emptyDir takes its place`);
    this.#addDirectory(path);
    this.#directories.add(path);
  }

  plan(): CachePlan {
    if (this.#directories.size === 0 && this.#hostPaths) this.#addDirectory(defaultDirectory);
    return {
      volumes: this.#volumes,
      mounts: this.#mounts,
      directories: [...this.#directories],
      dropped: this.#dropped,
    };
  }

  #addDirectory(path: string): void {
    const name = `cachedir-${this.#next("cachedir")}`;
    const source = this.#hostPaths ? { hostPath: { path, type: "DirectoryOrCreate" } } : { emptyDir: {} };
    this.#volumes.push({ name, ...source });
    this.#mounts.push({ name, mountPath: path });
  }

  #add(volume: Volume, mountPath: string): void {
    this.#volumes.push(volume);
    this.#mounts.push({ name: volume.name, mountPath });
    this.#directories.add(mountPath);
  }

  #next(kind: string): number {
    const number = this.#counts.get(kind) ?? 0;
    this.#counts.set(kind, number + 1);
    return number;
  }
}

function isCachePath(path: string): boolean {
  return path === "memory" || (/^\/[^/]/.test(path) && !path.split("/").includes(".."));
}

/** "<medium>[:<size>]" as a list of one, or of none. */
function readEmptyDir(
  text: string | undefined,
): readonly { readonly medium?: string; readonly sizeLimit?: string }[] | undefined {
  if (!text) return [];
  const [medium = "", sizeLimit, more] = text.split(":").map((part) => part.trim());
  if (more !== undefined || !/^[A-Za-z0-9-]*$/.test(medium)) return undefined;
  if (sizeLimit !== undefined && sizeLimit !== "" && parseQuantity(sizeLimit) === undefined) return undefined;
  return [{ ...(medium ? { medium } : {}), ...(sizeLimit ? { sizeLimit } : {}) }];
}

function readInline(text: string | undefined): CSIVolumeSource[] | undefined {
  if (!text) return [];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every(isInline) ? list : undefined;
  } catch {
    return undefined;
  }
}

function isInline(value: unknown): value is CSIVolumeSource {
  return typeof value === "object" && value !== null && "driver" in value && typeof value.driver === "string";
}

function words(text: string | undefined, separator: string): string[] {
  return (text ?? "").split(separator).flatMap((word) => word.trim() || []);
}
