import { type DiffLine, diffLines } from "./diff-lines.ts";
import type { Paint } from "./paint.ts";

const context = 3;

/**
 * A unified diff of two texts, as `diff -u` writes it, which `patch` can read; "" where they are the same.
 * `names` stand in its first two lines.
 */
export function unifiedDiff(
  before: string,
  after: string,
  names: { readonly before: string; readonly after: string },
  paint: Paint,
): string {
  const lines = diffLines(toLines(before), toLines(after));
  const hunks = splitHunks(lines);
  if (hunks.length === 0) return "";
  const head = [paint("bold", `--- ${names.before}`), paint("bold", `+++ ${names.after}`)];
  return [...head, ...hunks.flatMap((hunk) => writeHunk(hunk, paint))].map((line) => `${line}\n`).join("");
}

/** Runs of changes with the lines around them; runs whose surroundings meet are one. */
function splitHunks(lines: readonly DiffLine[]): DiffLine[][] {
  const hunks: DiffLine[][] = [];
  let end = -1;
  for (const [index, line] of lines.entries()) {
    if (line.kind === "same") continue;
    const from = Math.max(index - context, end);
    const to = Math.min(index + context + 1, lines.length);
    const last = hunks.at(-1);
    if (last !== undefined && from <= end) last.push(...lines.slice(end, to));
    else hunks.push(lines.slice(Math.max(index - context, 0), to));
    end = Math.max(end, to);
  }
  return hunks;
}

function writeHunk(hunk: readonly DiffLine[], paint: Paint): string[] {
  const [first] = hunk;
  const counts = { before: 0, after: 0 };
  for (const { kind } of hunk) {
    if (kind !== "added") counts.before++;
    if (kind !== "removed") counts.after++;
  }
  // diff -u: an empty side begins with the line before it.
  const from = (at: number, count: number) => `${count === 0 ? at : at + 1}${count === 1 ? "" : `,${count}`}`;
  const place = `-${from(first?.before ?? 0, counts.before)} +${from(first?.after ?? 0, counts.after)}`;
  const written = hunk.map(({ kind, text }) => {
    if (kind === "same") return ` ${text}`;
    return kind === "added" ? paint("green", `+${text}`) : paint("red", `-${text}`);
  });
  return [paint("cyan", `@@ ${place} @@`), ...written];
}

function toLines(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
