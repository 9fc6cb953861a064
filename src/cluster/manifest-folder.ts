import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ManifestFile, readManifestFile } from "./manifest-file.ts";
import type { ManifestProblem } from "./manifest-problem.ts";
import { largestManifest } from "./read-manifests.ts";
import { type FolderContents, type FoundFile, isGone, reasonOf, scanFolder } from "./scan-folder.ts";
import { ValuePool } from "./value-pool.ts";

/** What a look at the folder found. */
export interface FolderUpdate {
  /** All files, by path inside the folder, in the order of the paths. */
  readonly files: ReadonlyMap<string, ManifestFile>;
  /** Those of `files` that are not as they were before. */
  readonly changed: readonly ManifestFile[];
  readonly removed: number;
  /** With paths that cannot be looked at, whether that is new or not. */
  readonly problems: readonly ManifestProblem[];
  /** Why the folder itself cannot be read. */
  readonly unreadable: string | undefined;
  /** See `FolderContents`. */
  readonly directories: ReadonlyMap<string, string>;
  /** Whether a file was written so lately that another look is needed soon. */
  readonly unsettled: boolean;
}

/** A file as it was last read. */
interface FileRecord {
  readonly file: ManifestFile;
  /** Undefined when it is to be read again, whether or not it seems to have changed. */
  readonly stamp: string | undefined;
  /** Of its contents; only where there is no stamp. */
  readonly digest: string | undefined;
}

type Contents = { readonly bytes: Buffer } | { readonly error: string } | { readonly gone: true };

/** File systems take the time from a coarse clock: two writes within this many milliseconds can look like one. */
const stampResolution = 50;
const filesAtOnce = 16;
const bytesAtOnce = 1024 * 1024;

/** A folder of manifests as it was last read: parses only what changed, keeps what was good when it breaks. */
export class ManifestFolder {
  readonly #path: string;
  readonly #pool = new ValuePool();
  #records: ReadonlyMap<string, FileRecord> = new Map();

  constructor(path: string) {
    this.#path = path;
  }

  /** Looks for changes and reads them. Calls must not overlap. */
  async update(): Promise<FolderUpdate> {
    const now = Date.now();
    const contents = await scanFolder(this.#path);
    const before = this.#records;
    const found = new Set(contents.files.map(({ file }) => file));
    const records = [...before].filter(([file]) => !found.has(file) && isHidden(file, contents));
    const toRead: FoundFile[] = [];
    for (const entry of contents.files) {
      const record = before.get(entry.file);
      if (record?.stamp === entry.stamp) records.push([entry.file, record]);
      else toRead.push(entry);
    }
    for (const batch of batches(toRead)) {
      const read = await Promise.all(batch.map((entry) => this.#contentsOf(entry)));
      for (const [index, entry] of batch.entries()) {
        const record = await this.#record(entry, read[index] ?? { gone: true }, now);
        if (record !== undefined) records.push([entry.file, record]);
      }
    }
    this.#records = new Map(records.sort(([a], [b]) => (a < b ? -1 : 1)));
    return this.#compare(before, contents);
  }

  #compare(before: ReadonlyMap<string, FileRecord>, contents: FolderContents): FolderUpdate {
    const all = [...this.#records];
    return {
      files: new Map(all.map(([name, { file }]) => [name, file])),
      changed: all.filter(([name, { file }]) => before.get(name)?.file !== file).map(([, { file }]) => file),
      removed: [...before.keys()].filter((name) => !this.#records.has(name)).length,
      problems: [...contents.unreadable].map(([path, reason]) => this.#unreadable(path, reason)),
      unreadable: contents.unreadable.get(""),
      directories: contents.directories,
      unsettled: all.some(([, { digest }]) => digest !== undefined),
    };
  }

  async #contentsOf({ file, bytes }: FoundFile): Promise<Contents> {
    if (bytes > largestManifest) return { error: "it is larger than 256 MiB; split it into several files" };
    try {
      return { bytes: await readFile(join(this.#path, file)) };
    } catch (error) {
      return isGone(error) ? { gone: true } : { error: reasonOf(error) };
    }
  }

  async #record(found: FoundFile, contents: Contents, now: number): Promise<FileRecord | undefined> {
    const before = this.#records.get(found.file);
    if ("gone" in contents) return undefined;
    if ("error" in contents) {
      const file = withProblem(before?.file, this.#unreadable(found.file, contents.error));
      return { file, stamp: undefined, digest: undefined };
    }
    const settled = now - found.changedAt > stampResolution;
    const stamp = settled ? found.stamp : undefined;
    const digest = settled && before?.digest === undefined ? undefined : digestOf(contents.bytes);
    const kept = { stamp, digest: settled ? undefined : digest };
    if (before?.digest !== undefined && before.digest === digest) return { ...kept, file: before.file };
    const path = join(this.#path, found.file);
    const file = await readManifestFile(found.file, path, contents.bytes, this.#pool);
    return { ...kept, file: file.broken ? withLastGood(file, before?.file) : file };
  }

  #unreadable(path: string, reason: string): ManifestProblem {
    const message = `${join(this.#path, path)}: cannot be read: ${reason}; what was read from it before stays in use`;
    return path === "" ? { severity: "error", message } : { severity: "error", file: path, message };
  }
}

/** Whether nobody can tell whether the file is still there. */
function isHidden(file: string, { unreadable }: FolderContents): boolean {
  return [...unreadable.keys()].some((path) => path === "" || path === file || file.startsWith(`${path}/`));
}

/** Files to be read at the same time: many small ones, yet not much text at once. */
function* batches(files: readonly FoundFile[]): Generator<FoundFile[]> {
  let batch: FoundFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length > 0 && (batch.length >= filesAtOnce || bytes + file.bytes > bytesAtOnce)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.bytes;
  }
  if (batch.length > 0) yield batch;
}

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("base64");
}

/** The file as it was, with one problem instead of those it had; the very same file if it had that one already. */
function withProblem(before: ManifestFile | undefined, problem: ManifestProblem): ManifestFile {
  if (before?.problems.length === 1 && before.problems[0]?.message === problem.message) return before;
  return { objects: [], ignored: new Map(), broken: true, ...before, problems: [problem] };
}

/** What a file held when it could last be read as a whole, with the problems it has now. */
function withLastGood(file: ManifestFile, before: ManifestFile | undefined): ManifestFile {
  if (before === undefined || (before.broken && before.objects.length === 0)) return file;
  const problems = file.problems.map((problem) => ({
    ...problem,
    message: `${problem.message}; what was read from it before stays in use`,
  }));
  return { ...before, problems };
}
