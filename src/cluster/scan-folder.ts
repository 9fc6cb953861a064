import type { BigIntStats, Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../types/error-message.ts";

/** A manifest file that stands in the folder. */
export interface FoundFile {
  /** Path inside the folder. */
  readonly file: string;
  /** Differs whenever the file was changed. */
  readonly stamp: string;
  /** Time of the last change, in milliseconds since 1970. */
  readonly changedAt: number;
  readonly bytes: number;
}

/** What a folder holds at one look. */
export interface FolderContents {
  /** Sorted by path, by code units. */
  readonly files: readonly FoundFile[];
  /** All directories in it, itself included, by full path; the value differs when another takes its place. */
  readonly directories: ReadonlyMap<string, string>;
  /** Paths inside the folder that could not be looked at, with the reason: "" for the folder itself. */
  readonly unreadable: ReadonlyMap<string, string>;
}

interface Entry {
  readonly file: string;
  readonly stats: BigIntStats;
}

const statsAtOnce = 64;

/**
 * Looks through a folder and the folders in it for manifest files (`.yaml`, `.yml`, `.json`). Links are followed.
 * Names that begin with a dot are left out, for a mounted ConfigMap keeps its files a second time under such names.
 * Never throws: see `unreadable`.
 */
export async function scanFolder(folder: string): Promise<FolderContents> {
  const files: FoundFile[] = [];
  const directories = new Map<string, string>();
  const unreadable = new Map<string, string>();

  const visit = async (directory: string, outer: readonly string[]): Promise<void> => {
    const path = join(folder, directory);
    const entries = await entriesOf(path).catch((error: unknown) => {
      unreadable.set(directory, reasonOf(error));
      return [];
    });
    directories.set(path, outer.at(-1) ?? "");
    for (let next = 0; next < entries.length; next += statsAtOnce) {
      const some = entries.slice(next, next + statsAtOnce);
      const found = await Promise.all(
        some.map((entry) => look(folder, join(directory, entry.name), entry, unreadable)),
      );
      for (const entry of found) {
        if (entry === undefined) continue;
        const { file, stats } = entry;
        const identity = `${stats.dev}:${stats.ino}`;
        if (stats.isFile()) files.push(foundFile(file, stats));
        // A link to a folder around it would lead round in circles.
        else if (stats.isDirectory() && !outer.includes(identity)) await visit(file, [...outer, identity]);
      }
    }
  };

  const root = await stat(folder, { bigint: true }).catch(() => undefined);
  await visit("", root === undefined ? [] : [`${root.dev}:${root.ino}`]);
  files.sort((a, b) => (a.file < b.file ? -1 : 1));
  return { files, directories, unreadable };
}

async function entriesOf(path: string): Promise<Dirent[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter(
    (entry) => !entry.name.startsWith(".") && (!entry.isFile() || /\.(ya?ml|json)$/.test(entry.name)),
  );
}

async function look(
  folder: string,
  file: string,
  entry: Dirent,
  unreadable: Map<string, string>,
): Promise<Entry | undefined> {
  try {
    const stats = await stat(join(folder, file), { bigint: true });
    return stats.isFile() && !/\.(ya?ml|json)$/.test(file) ? undefined : { file, stats };
  } catch (error) {
    // A file may go between listing and looking; a link that leads nowhere is somebody's mistake.
    if (!isGone(error) || entry.isSymbolicLink()) unreadable.set(file, reasonOf(error));
    return undefined;
  }
}

function foundFile(file: string, stats: BigIntStats): FoundFile {
  const stamp = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(":");
  return { file, stamp, changedAt: Number(stats.ctimeMs), bytes: Number(stats.size) };
}

/** Whether a file system call failed because there is nothing of that name. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** A file system error in words, with its code. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "it does not exist (ENOENT)";
  if (code === "ENOTDIR") return "it is not a folder (ENOTDIR)";
  if (code === "EACCES" || code === "EPERM") return `reading it is not permitted (${code})`;
  return messageOf(error);
}
