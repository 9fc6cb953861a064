import { type FSWatcher, watch } from "node:fs";
import { lstat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";

interface Watched {
  readonly identity: string;
  readonly watcher: FSWatcher;
}

/**
 * Tells when something in a set of directories changes. It is only a hint: where watching does not work (network
 * file systems, too few inotify watches), nothing is told, so that whoever relies on it has to look by himself, too.
 */
export class FolderWatch {
  readonly #folder: string;
  readonly #onHint: () => void;
  readonly #watched = new Map<string, Watched>();
  #closed = false;

  /** `onHint` may be called several times for one change. */
  constructor(folder: string, onHint: () => void) {
    this.#folder = resolve(folder);
    this.#onHint = onHint;
  }

  /**
   * Watches `directories` from now on, and only these; the values tell one directory from another that took its
   * place. Hints at once when it begins to watch one, for that may have changed before.
   */
  async follow(directories: ReadonlyMap<string, string>): Promise<void> {
    const parent = await this.#parentOfLink();
    if (this.#closed) return;
    const wanted = new Map(directories);
    if (parent !== undefined && !wanted.has(parent)) wanted.set(parent, "parent");
    for (const [directory, { identity, watcher }] of this.#watched) {
      if (wanted.get(directory) === identity) continue;
      watcher.close();
      this.#watched.delete(directory);
    }
    const begun = [...wanted].filter(([directory, identity]) => this.#watch(directory, identity));
    if (begun.length > 0) this.#onHint();
  }

  /** Ends it; nothing is told any more. */
  close(): void {
    this.#closed = true;
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  /** Returns whether watching this directory began just now. */
  #watch(directory: string, identity: string): boolean {
    if (this.#watched.has(directory)) return false;
    const only = identity === "parent" ? basename(this.#folder) : undefined;
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        if (only === undefined || name === null || name === only) this.#onHint();
      });
      watcher.on("error", () => watcher.close());
      this.#watched.set(directory, { identity, watcher });
      return true;
    } catch {
      // Whoever looks by himself will see what happens here.
      return false;
    }
  }

  /** Where the folder is a link, a new target is seen only in the directory that holds the link. */
  async #parentOfLink(): Promise<string | undefined> {
    const stats = await lstat(this.#folder).catch(() => undefined);
    return stats?.isSymbolicLink() === true ? dirname(this.#folder) : undefined;
  }
}
