import { isDeepStrictEqual } from "node:util";
import { parseDocument } from "yaml";
import { diffLines } from "./diff-lines.ts";
import { readOptions } from "./kubernetes-yaml.ts";

/**
 * Gives `edited` the layout of `original` wherever the edit changed nothing: columns of comments, folded text, blank
 * lines, which a YAML printer makes anew. `printed` is `original` as the same printer writes it, not edited.
 * The result means what `edited` means, or it is `edited`.
 */
export function keepLayout(original: string, printed: string, edited: string): string {
  const merged = merge(toLines(original), toLines(printed), toLines(edited));
  return meansTheSame(merged, edited) ? merged : edited;
}

function merge(original: readonly string[], printed: readonly string[], edited: readonly string[]): string {
  const chunks = alignChunks(original, printed);
  const kept = new Set<number>();
  const place = new Map<number, number>();
  for (const line of diffLines(printed, edited))
    if (line.kind === "same") {
      kept.add(line.before);
      place.set(line.after, line.before);
    }
  const out: string[] = [];
  const done = new Set<Chunk>();
  const emit = (chunk: Chunk): void => {
    if (done.has(chunk)) return;
    done.add(chunk);
    out.push(...chunk.original);
  };
  for (const [index, text] of edited.entries()) {
    const before = place.get(index);
    const chunk = before === undefined ? undefined : chunks.byLine.get(before);
    // A chunk is taken as a whole or not at all.
    const whole = chunk?.printed.every((line) => kept.has(line)) ?? false;
    if (before !== undefined) for (const gap of chunks.gaps.get(before) ?? []) emit(gap);
    if (chunk !== undefined && whole) emit(chunk);
    else out.push(text);
  }
  for (const gap of chunks.gaps.get(printed.length) ?? []) emit(gap);
  return `${out.join("\n")}\n`;
}

/** Lines of the original, and the numbers of the printed lines that stand for them. */
interface Chunk {
  readonly original: string[];
  readonly printed: number[];
}

interface Chunks {
  readonly byLine: ReadonlyMap<number, Chunk>;
  /** Chunks that no printed line stands for, such as second blank lines, by the printed line that follows them. */
  readonly gaps: ReadonlyMap<number, Chunk[]>;
}

function alignChunks(original: readonly string[], printed: readonly string[]): Chunks {
  const byLine = new Map<number, Chunk>();
  const gaps = new Map<number, Chunk[]>();
  let open: Chunk = { original: [], printed: [] };
  const close = (next: number): void => {
    for (const line of open.printed) byLine.set(line, open);
    if (open.printed.length === 0 && open.original.length > 0) gaps.set(next, [open]);
    open = { original: [], printed: [] };
  };
  const squeeze = (line: string): string => line.replace(/\s+/g, "");
  const lines = diffLines(original, printed, (a, b) => squeeze(a) === squeeze(b));
  for (const line of lines) {
    if (line.kind === "same") {
      close(line.after);
      byLine.set(line.after, { original: [original[line.before] ?? ""], printed: [line.after] });
    } else if (line.kind === "removed") open.original.push(line.text);
    else open.printed.push(line.after);
  }
  close(printed.length);
  return { byLine, gaps };
}

function toLines(text: string): string[] {
  return text.replace(/\n$/, "").split("\n");
}

function meansTheSame(a: string, b: string): boolean {
  const document = parseDocument(a, readOptions);
  return (
    document.errors.length === 0 && isDeepStrictEqual(document.toJS(), parseDocument(b, readOptions).toJS())
  );
}
