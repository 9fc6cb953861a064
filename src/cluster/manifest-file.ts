import { setImmediate } from "node:timers/promises";
import { messageOf } from "../types/error-message.ts";
import type { ManifestProblem, TextPosition } from "./manifest-problem.ts";
import { readManifests } from "./read-manifests.ts";
import type { StoredObject } from "./stored-object.ts";
import { unpackManifest } from "./unpack-manifest.ts";
import type { ValuePool } from "./value-pool.ts";

/** What one manifest file holds. */
export interface ManifestFile {
  readonly objects: readonly StoredObject[];
  /** How many objects of kinds that nobody asks for, by kind. */
  readonly ignored: ReadonlyMap<string, number>;
  readonly problems: readonly ManifestProblem[];
  /** Whether a part of the file could not be parsed, so that `objects` are perhaps not all. */
  readonly broken: boolean;
}

/** Objects after which other work gets its turn. */
const objectsAtOnce = 200;
const problemsToldOfOneFile = 10;

/**
 * Reads one file of the folder. `bytes` are its contents, `file` its path inside the folder, `shownAs` the path
 * in messages. Returns to the event loop now and then; never throws.
 */
export async function readManifestFile(
  file: string,
  shownAs: string,
  bytes: Buffer,
  pool: ValuePool,
): Promise<ManifestFile> {
  const objects: StoredObject[] = [];
  const ignored = new Map<string, number>();
  const problems = new FileProblems(file, shownAs);
  let broken = false;
  let seen = 0;
  for (const document of readManifests(file, bytes)) {
    if ("error" in document) {
      broken = true;
      problems.add(`cannot be read: ${document.error}`, document.at);
      continue;
    }
    for (const entry of unpackManifest(document.value, document.firstItem)) {
      if ("stored" in entry) {
        const { stored } = entry;
        try {
          objects.push(pool.share(stored));
        } catch (error) {
          problems.add(
            `holds ${stored.kind} ${stored.object.name}, which is ${messageOf(error)}`,
            document.at,
          );
        }
      } else if ("ignored" in entry) ignored.set(entry.ignored, (ignored.get(entry.ignored) ?? 0) + 1);
      else problems.add(entry.problem, document.at);
      seen += 1;
      if (seen % objectsAtOnce === 0) await setImmediate();
    }
    // YAML takes milliseconds a document.
    if (document.at !== undefined) await setImmediate();
  }
  return { objects, ignored, problems: problems.list(), broken };
}

/** The first problems of a file in full, of the others how many. */
class FileProblems {
  readonly #file: string;
  readonly #shownAs: string;
  readonly #told: ManifestProblem[] = [];
  #untold = 0;

  constructor(file: string, shownAs: string) {
    this.#file = file;
    this.#shownAs = shownAs;
  }

  add(reason: string, at: TextPosition | undefined): void {
    if (this.#told.length >= problemsToldOfOneFile) this.#untold += 1;
    else this.#told.push(this.#problem(reason, at));
  }

  list(): ManifestProblem[] {
    if (this.#untold === 0) return this.#told;
    return [...this.#told, this.#problem(`has ${this.#untold} more problems`, undefined)];
  }

  #problem(reason: string, at: TextPosition | undefined): ManifestProblem {
    const place = at === undefined ? this.#shownAs : `${this.#shownAs}:${at.line}:${at.column}`;
    return { severity: "error", file: this.#file, message: `${place}: ${reason}`, ...at };
  }
}
