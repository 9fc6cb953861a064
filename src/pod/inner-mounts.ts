import { posix } from "node:path";
import type { Container } from "kubernetes-types/core/v1";

/** Where a container mounts something, to be asked which of it lies inside which; made once, for mounts may be many. */
export class InnerMounts {
  readonly #folders: readonly string[];

  constructor({ volumeMounts = [] }: Pick<Container, "volumeMounts">) {
    this.#folders = volumeMounts.map((mount) => asFolder(mount.mountPath)).sort();
  }

  /** The first mount, by its path, that lies below `path`. */
  below(path: string): string | undefined {
    const folder = asFolder(path);
    // In their order, those below a folder come directly behind it.
    let from = 0;
    let to = this.#folders.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#folders[middle] ?? "") <= folder) from = middle + 1;
      else to = middle;
    }
    const next = this.#folders[from];
    return next?.startsWith(folder) ? next.slice(0, -1) : undefined;
  }
}

/** The cleaned path, with one slash at its end. */
export function asFolder(path: string): string {
  return posix.normalize(`${path}/`);
}
