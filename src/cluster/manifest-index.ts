import { setImmediate } from "node:timers/promises";
import type { ManifestFile } from "./manifest-file.ts";
import type { ManifestProblem } from "./manifest-problem.ts";
import { ObjectStore } from "./object-store.ts";
import type { StoredObject } from "./stored-object.ts";

/** All objects of a folder, each once. */
export interface ManifestIndex {
  readonly store: ObjectStore;
  /** Objects that stand in the folder more than once. */
  readonly problems: readonly ManifestProblem[];
}

/** Objects after which other work gets its turn. */
const objectsAtOnce = 2_000;

/**
 * Puts the objects of all files into a store of their own. Of objects of the same kind and name the last one counts,
 * in the order of `files`. `folder` stands before the paths in messages.
 */
export async function indexManifests(
  folder: string,
  files: ReadonlyMap<string, ManifestFile>,
): Promise<ManifestIndex> {
  const store = new ObjectStore();
  const doubles = new Doubles(folder, files);
  let done = 0;
  for (const [file, { objects }] of files) {
    for (const stored of objects) {
      const before = store.upsert(stored);
      if (before !== undefined) doubles.add(stored, before, file);
      done += 1;
      if (done % objectsAtOnce === 0) await setImmediate();
    }
  }
  return { store, problems: doubles.problems() };
}

/** Objects that stand in the folder more than once, told once for each pair of files. */
class Doubles {
  readonly #folder: string;
  readonly #files: ReadonlyMap<string, ManifestFile>;
  readonly #pairs = new Map<string, { first: StoredObject; count: number; loser: string; winner: string }>();
  /** Which file an object is from; made when the first double is found. */
  #origins: Map<object, string> | undefined;

  constructor(folder: string, files: ReadonlyMap<string, ManifestFile>) {
    this.#folder = folder;
    this.#files = files;
  }

  add(stored: StoredObject, before: object, winner: string): void {
    const loser = this.#originOf(before, winner);
    const pair = this.#pairs.get(`${loser}\0${winner}`);
    if (pair === undefined)
      this.#pairs.set(`${loser}\0${winner}`, { first: stored, count: 1, loser, winner });
    else pair.count += 1;
  }

  problems(): ManifestProblem[] {
    return [...this.#pairs.values()].map(({ first, count, loser, winner }) => {
      const more = count === 1 ? "" : ` (and ${count - 1} more)`;
      const where =
        loser === winner
          ? "stands there twice; the last counts"
          : `stands in ${loser}, too; ${winner} counts, being last`;
      return {
        severity: "warning",
        file: winner,
        message: `${this.#folder}/${winner}: ${describe(first)}${more} ${where}: remove one`,
      };
    });
  }

  #originOf(object: object, limit: string): string {
    if (this.#origins === undefined) {
      this.#origins = new Map();
      for (const [file, { objects }] of this.#files) {
        for (const stored of objects)
          if (!this.#origins.has(stored.object)) this.#origins.set(stored.object, file);
      }
    }
    return this.#origins.get(object) ?? limit;
  }
}

function describe({ kind, object }: StoredObject): string {
  const ownKind = "kind" in object ? object.kind : kind;
  return "namespace" in object
    ? `${ownKind} ${object.namespace}/${object.name}`
    : `${ownKind} ${object.name}`;
}
