import { isDeepStrictEqual } from "node:util";
import { parseDocument } from "yaml";
import { readOptions } from "../cluster/kubernetes-yaml.ts";
import { alignLines, type LineChunk } from "./align-lines.ts";
import { diffLines } from "./diff-lines.ts";

/**
 * Gives `edited` the layout of `original` wherever the edit changed nothing: columns of comments, folded text, blank
 * lines, steps of indentation, which a YAML printer makes anew. `printed` is `original` as the same printer writes it,
 * not edited. The result means `value`, as `edited` does, or it is `edited`.
 */
export function keepLayout(original: string, printed: string, edited: string, value: unknown): string {
  const merged = merge(toLines(original), toLines(printed), toLines(edited));
  return means(merged, value) ? merged : edited;
}

/** A line of the edited text: as the original has it, or the printer's own where the edit made or touched it. */
type Line =
  | { readonly printed: string; readonly chunk: LineChunk; readonly before: readonly string[] }
  | { readonly printed: string; readonly chunk?: undefined; readonly before: readonly string[] };

function merge(original: readonly string[], printed: readonly string[], edited: readonly string[]): string {
  const aligned = alignLines(original, printed);
  const places = new Map<number, number>();
  for (const { kind, before, after } of diffLines(printed, edited))
    if (kind === "same") places.set(after, before);
  const kept = new Set(places.values());
  const lines = edited.map((text, index): Line => {
    const place = places.get(index) ?? -1;
    const chunk = aligned.byPrinted.get(place);
    const before = aligned.gaps.get(place) ?? [];
    // Several lines that became several others are taken as a whole or not at all.
    const whole = chunk?.printed.every((number) => kept.has(number)) ?? false;
    return chunk !== undefined && whole ? { printed: text, chunk, before } : { printed: text, before };
  });
  const end = aligned.gaps.get(printed.length) ?? [];
  return `${[...writeLines(lines), ...end].join("\n")}\n`;
}

function writeLines(lines: readonly Line[]): string[] {
  const out: string[] = [];
  const done = new Set<LineChunk>();
  /** How much further left or right than printed the original has each depth that is still open. */
  let shifts = new Map<number, number>();
  for (const [index, { printed, chunk, before }] of lines.entries()) {
    out.push(...before);
    const depth = depthOf(printed);
    if (chunk === undefined) {
      out.push(shiftLine(printed, shiftFor(depth, shifts, lines, index)));
      continue;
    }
    if (done.has(chunk)) continue;
    done.add(chunk);
    out.push(...chunk.original);
    if (printed.trim() === "") continue;
    shifts = new Map([...shifts].filter(([open]) => open < depth));
    shifts.set(depth, depthOf(chunk.original[0] ?? "") - depth);
  }
  return out;
}

/** As the lines at its side have it, before it or after it; else as the line that it belongs to. */
function shiftFor(
  depth: number,
  shifts: ReadonlyMap<number, number>,
  lines: readonly Line[],
  index: number,
): number {
  const beside = shifts.get(depth);
  if (beside !== undefined) return beside;
  // No copy of the rest of the lines: there may be hundreds of thousands.
  for (let next = index + 1; next < lines.length; next++) {
    const { printed = "", chunk } = lines[next] ?? {};
    const nextDepth = depthOf(printed);
    if (printed.trim() === "" || nextDepth > depth) continue;
    if (nextDepth < depth) break;
    if (chunk !== undefined) return depthOf(chunk.original[0] ?? "") - depth;
  }
  const above = [...shifts].filter(([open]) => open < depth);
  return above.at(-1)?.[1] ?? 0;
}

function shiftLine(line: string, shift: number): string {
  if (line.trim() === "") return line;
  return " ".repeat(Math.max(0, depthOf(line) + shift)) + line.trimStart();
}

function depthOf(line: string): number {
  return Math.max(0, line.search(/[^ ]/));
}

function toLines(text: string): string[] {
  return text.replace(/\n$/, "").split("\n");
}

function means(text: string, value: unknown): boolean {
  const document = parseDocument(text, readOptions);
  return document.errors.length === 0 && isDeepStrictEqual(document.toJS(), value);
}
