import { messageOf } from "../types/error-message.ts";
import type { ObjectRef } from "../types/object-ref.ts";
import type { ClusterInventory } from "./cluster-inventory.ts";
import type { Cluster, ClusterView, KubernetesVersion } from "./cluster-view.ts";
import { parseKubernetesVersion } from "./kubernetes-version.ts";
import type { ManifestFile } from "./manifest-file.ts";
import { type FolderUpdate, ManifestFolder } from "./manifest-folder.ts";
import { indexManifests } from "./manifest-index.ts";
import type { ManifestProblem } from "./manifest-problem.ts";
import { ObjectStore } from "./object-store.ts";
import { FolderWatch } from "./watch-folder.ts";

export interface ManifestClusterOptions {
  /** Told each problem once for each change that brings it about. */
  readonly onProblem?: (problem: ManifestProblem) => void;
  /** Told after each change of what is served; not after the first load. */
  readonly onChange?: (contents: ManifestContents) => void;
  /** The API server's version, such as "1.33", which no manifest tells. */
  readonly kubernetesVersion?: string | undefined;
  /** Whether to look for changes by itself; otherwise only `refresh` does. Default true. */
  readonly follow?: boolean;
  /** How often to look where the file system tells of no changes, in milliseconds. Default 10,000. */
  readonly pollInterval?: number;
}

/** What a folder of manifests holds. */
export interface ManifestContents {
  readonly folder: string;
  readonly files: number;
  /** How many objects of each kind are served. */
  readonly objects: Readonly<Record<string, number>>;
  /** How many objects there are of kinds that nobody asks for, by kind. */
  readonly ignored: Readonly<Record<string, number>>;
  /** Everything that is wrong with the folder now. */
  readonly problems: readonly ManifestProblem[];
}

/** A cluster that is described by a folder of Kubernetes manifests. */
export interface ManifestCluster extends Cluster {
  readonly contents: ManifestContents;
  readonly inventory: ClusterInventory;
}

/** A folder of manifests that cannot be read at all. */
export class ManifestFolderError extends Error {
  override readonly name = "ManifestFolderError";
}

/**
 * Reads the Kubernetes manifests in `folder` and the folders in it, and keeps up with their changes: YAML and JSON,
 * files with several documents, and `List`s. Objects without a namespace are in "default"; of the same object in two
 * files the one in the file whose path sorts last counts.
 *
 * Throws `ManifestFolderError` when the folder cannot be read, and `RangeError` for a version that is none.
 */
export async function openManifestCluster(
  folder: string,
  options: ManifestClusterOptions = {},
): Promise<ManifestCluster> {
  const cluster = new FolderCluster(folder, options);
  await cluster.open();
  return cluster;
}

/** Milliseconds from a hint to the look, so that a change of many files is seen as one. */
const settlingTime = 100;

class FolderCluster implements ManifestCluster {
  readonly inventory: ClusterInventory;
  readonly #path: string;
  readonly #options: ManifestClusterOptions;
  readonly #folder: ManifestFolder;
  readonly #store: ObjectStore;
  readonly #watch: FolderWatch;
  #contents: ManifestContents;
  #doubles: readonly ManifestProblem[] = [];
  #loaded = false;
  #running: Promise<boolean> | undefined;
  #next: Promise<boolean> | undefined;
  #hinted: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(path: string, options: ManifestClusterOptions) {
    this.#path = path.length > 1 ? path.replace(/\/+$/, "") : path;
    this.#options = options;
    this.#folder = new ManifestFolder(this.#path);
    this.#store = new ObjectStore(versionOf(options));
    this.inventory = this.#store;
    this.#watch = new FolderWatch(this.#path, () => this.#hint());
    this.#contents = { folder: this.#path, files: 0, objects: {}, ignored: {}, problems: [] };
  }

  get view(): ClusterView {
    return this.#store;
  }

  get contents(): ManifestContents {
    return this.#contents;
  }

  async open(): Promise<void> {
    const update = await this.#folder.update();
    if (update.unreadable !== undefined) {
      const remedy = "give the path of a folder that holds Kubernetes manifests, even if it is still empty";
      throw new ManifestFolderError(
        `cluster folder ${this.#path} cannot be read: ${update.unreadable}; ${remedy}`,
      );
    }
    await this.#serve(update);
    await this.#lookAgain(update);
  }

  async refresh(_refs: readonly ObjectRef[], budgetMs: number): Promise<boolean> {
    if (this.#closed) return false;
    let timer: NodeJS.Timeout | undefined;
    const budget = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, budgetMs, false);
    });
    const changed = await Promise.race([this.#look(), budget]);
    clearTimeout(timer);
    return changed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#hinted);
    clearTimeout(this.#poll);
    this.#watch.close();
    await (this.#next ?? this.#running);
  }

  /** Looks once for all who ask meanwhile; a look that has begun already may have missed what they ask for. */
  #look(): Promise<boolean> {
    if (this.#running === undefined) {
      this.#running = this.#lookOnce().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#look();
    });
    return this.#next;
  }

  /** Returns whether anything but the list of problems has changed. */
  async #lookOnce(): Promise<boolean> {
    if (this.#closed) return false;
    let changed = false;
    try {
      const update = await this.#folder.update();
      if (this.#closed) return false;
      changed = await this.#serve(update);
      if (changed) this.#options.onChange?.(this.#contents);
      await this.#lookAgain(update);
    } catch (error) {
      this.#fail(error);
      this.#schedulePoll();
    }
    return changed;
  }

  /** Returns whether anything changed but the list of problems. */
  async #serve({ files, changed, removed, problems }: FolderUpdate): Promise<boolean> {
    const somethingChanged = changed.length > 0 || removed > 0 || !this.#loaded;
    if (somethingChanged) {
      const index = await indexManifests(this.#path, files);
      // In one step, so that no decision sees half of a change.
      this.#store.adopt(index.store);
      this.#doubles = index.problems;
      this.#loaded = true;
    }
    const standing = [
      ...problems,
      ...problemsOf(files.values()),
      ...this.#doubles,
      ...this.#emptiness(files.size),
    ];
    const told = new Set(this.#contents.problems.map(({ message }) => message));
    const again = new Set(problemsOf(changed));
    this.#contents = {
      folder: this.#path,
      files: files.size,
      objects: this.#store.counts(),
      ignored: somethingChanged ? ignoredIn(files.values()) : this.#contents.ignored,
      problems: standing,
    };
    for (const problem of standing) {
      if (again.has(problem) || !told.has(problem.message)) this.#options.onProblem?.(problem);
    }
    return somethingChanged;
  }

  #fail(error: unknown): void {
    const problem = failure(this.#path, error);
    this.#contents = { ...this.#contents, problems: [problem] };
    try {
      this.#options.onProblem?.(problem);
    } catch {
      // It may have been this very listener that failed.
    }
  }

  #emptiness(files: number): ManifestProblem[] {
    if (Object.keys(this.#store.counts()).length > 0) return [];
    const what = files === 0 ? "no manifest (.yaml, .yml, .json)" : "no object that Sluice asks for";
    const remedy = "add the Datasets, runtimes, claims, volumes and DaemonSets";
    return [
      { severity: "warning", message: `${this.#path}: holds ${what}, so no dataset is known: ${remedy}` },
    ];
  }

  async #lookAgain({ directories, unsettled }: FolderUpdate): Promise<void> {
    if (this.#closed || this.#options.follow === false) return;
    await this.#watch.follow(directories);
    if (unsettled) this.#hint();
    this.#schedulePoll();
  }

  #hint(): void {
    if (this.#closed || this.#hinted !== undefined) return;
    this.#hinted = setTimeout(() => {
      this.#hinted = undefined;
      void this.#look();
    }, settlingTime).unref();
  }

  #schedulePoll(): void {
    clearTimeout(this.#poll);
    if (this.#closed || this.#options.follow === false) return;
    this.#poll = setTimeout(() => void this.#look(), this.#options.pollInterval ?? 10_000).unref();
  }
}

function versionOf({ kubernetesVersion }: ManifestClusterOptions): KubernetesVersion | undefined {
  if (kubernetesVersion === undefined) return undefined;
  const version = parseKubernetesVersion(kubernetesVersion);
  if (version !== undefined) return version;
  throw new RangeError(`"${kubernetesVersion}" is not a Kubernetes version; write one such as 1.33`);
}

function problemsOf(files: Iterable<ManifestFile>): ManifestProblem[] {
  return [...files].flatMap(({ problems }) => problems);
}

function ignoredIn(files: Iterable<ManifestFile>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { ignored } of files) {
    for (const [kind, count] of ignored) counts.set(kind, (counts.get(kind) ?? 0) + count);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function failure(path: string, error: unknown): ManifestProblem {
  const reason = messageOf(error);
  return { severity: "error", message: `${path}: looking for changes failed: ${reason}; it is tried again` };
}
