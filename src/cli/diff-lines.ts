import { shortestEdit } from "./shortest-edit.ts";

/** A line of a comparison; `before` and `after` count the lines of each text that come before it. */
export interface DiffLine {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
  readonly before: number;
  readonly after: number;
}

/** The removed and added lines that make `after` of `before`. Lines with the same key are the same. */
export function diffLines(
  before: readonly string[],
  after: readonly string[],
  keyOf: (line: string) => string = (line) => line,
): DiffLine[] {
  const pairs = matchLines(before.map(keyOf), after.map(keyOf));
  const lines: DiffLine[] = [];
  let [x, y] = [0, 0];
  for (const [nextX, nextY] of [...pairs, [before.length, after.length] as const]) {
    for (; x < nextX; x++) lines.push({ kind: "removed", text: before[x] ?? "", before: x, after: y });
    for (; y < nextY; y++) lines.push({ kind: "added", text: after[y] ?? "", before: x, after: y });
    if (x === before.length && y === after.length) break;
    lines.push({ kind: "same", text: after[y] ?? "", before: x++, after: y++ });
  }
  return lines;
}

type Pair = readonly [number, number];

/**
 * The lines that stay: those at both ends, then those that stand once in each text and in one order ("patience"), and
 * between these the shortest edit. The shortest edit of long texts alone would take time by the square of their size.
 */
function matchLines(a: readonly string[], b: readonly string[]): Pair[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  const most = Math.min(a.length, b.length) - head;
  while (tail < most && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;

  const pairs: Pair[] = Array.from({ length: head }, (_, index) => [index, index]);
  const end: Pair = [a.length - tail, b.length - tail];
  const anchors = longestRising(uniquePairs(a.slice(head, end[0]), b.slice(head, end[1])));
  let from: Pair = [head, head];
  const between = (to: Pair): void => {
    const [left, right] = [a.slice(from[0], to[0]), b.slice(from[1], to[1])];
    const found = anchors.length === 0 ? shortestEdit(left, right) : matchLines(left, right);
    for (const [x, y] of found) pairs.push([x + from[0], y + from[1]]);
  };
  for (const [x, y] of anchors) {
    const anchor: Pair = [x + head, y + head];
    between(anchor);
    pairs.push(anchor);
    from = [anchor[0] + 1, anchor[1] + 1];
  }
  between(end);
  for (let index = 0; index < tail; index++) pairs.push([end[0] + index, end[1] + index]);
  return pairs;
}

/** The lines that stand exactly once in each text, in the order of `a`. */
function uniquePairs(a: readonly string[], b: readonly string[]): Pair[] {
  const inB = placesOfUnique(b);
  return [...placesOfUnique(a)].flatMap(([line, x]): Pair[] => {
    const y = inB.get(line);
    return y === undefined ? [] : [[x, y]];
  });
}

function placesOfUnique(lines: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  const twice = new Set<string>();
  for (const [index, line] of lines.entries()) {
    if (places.has(line)) twice.add(line);
    else places.set(line, index);
  }
  for (const line of twice) places.delete(line);
  return places;
}

/** The longest run of pairs whose second numbers rise as the first ones do. */
function longestRising(pairs: readonly Pair[]): Pair[] {
  const ends: number[] = [];
  const previous: number[] = [];
  for (const [index, [, y]] of pairs.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[ends[middle] ?? 0]?.[1] ?? 0) < y) low = middle + 1;
      else high = middle;
    }
    previous.push(low === 0 ? -1 : (ends[low - 1] ?? -1));
    ends[low] = index;
  }
  const run: Pair[] = [];
  for (let index = ends.at(-1) ?? -1; index >= 0; index = previous[index] ?? -1) {
    const pair = pairs[index];
    if (pair !== undefined) run.push(pair);
  }
  return run.reverse();
}
