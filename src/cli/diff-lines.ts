/** A line of a comparison, with its place (from 0) in each text that has it. */
export interface DiffLine {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
  readonly before: number;
  readonly after: number;
}

/**
 * The shortest list of removed and added lines that makes `after` of `before` (Myers 1986, "An O(ND) Difference
 * Algorithm"). `before` and `after` of each line count the lines of each text that come before it.
 */
export function diffLines(
  before: readonly string[],
  after: readonly string[],
  same: (a: string, b: string) => boolean = (a, b) => a === b,
): DiffLine[] {
  return walkBack(before, after, furthestPoints(before, after, same));
}

/** For each number of edits, how far along `before` each diagonal gets. */
function furthestPoints(
  before: readonly string[],
  after: readonly string[],
  same: (a: string, b: string) => boolean,
): Map<number, number>[] {
  const rounds: Map<number, number>[] = [];
  let last = new Map([[1, 0]]);
  for (let edits = 0; ; edits++) {
    const next = new Map<number, number>();
    rounds.push(next);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = startOf(last, diagonal, edits);
      while (x < before.length && x - diagonal < after.length) {
        if (!same(before[x] ?? "", after[x - diagonal] ?? "")) break;
        x++;
      }
      next.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return rounds;
    }
    last = next;
  }
}

/** Where a round starts on a diagonal: below (an added line) or right of (a removed line) the round before. */
function startOf(last: Map<number, number>, diagonal: number, edits: number): number {
  const above = last.get(diagonal + 1) ?? -1;
  const left = last.get(diagonal - 1) ?? -1;
  return diagonal === -edits || (diagonal !== edits && left < above) ? above : left + 1;
}

function walkBack(
  before: readonly string[],
  after: readonly string[],
  rounds: readonly Map<number, number>[],
): DiffLine[] {
  const lines: DiffLine[] = [];
  let x = before.length;
  let y = after.length;
  const back = (kind: DiffLine["kind"]): void => {
    if (kind !== "added") x--;
    if (kind !== "removed") y--;
    lines.push({ kind, text: (kind === "removed" ? before[x] : after[y]) ?? "", before: x, after: y });
  };
  for (let edits = rounds.length - 1; edits > 0; edits--) {
    const last = rounds[edits - 1] ?? new Map<number, number>();
    const start = startOf(last, x - y, edits);
    const added =
      start === (last.get(x - y + 1) ?? -1) && (x - y === -edits || start > (last.get(x - y - 1) ?? -1));
    while (x > start) back("same");
    back(added ? "added" : "removed");
  }
  while (x > 0) back("same");
  return lines.reverse();
}
