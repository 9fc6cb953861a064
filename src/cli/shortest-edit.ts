/** Beyond so many edits two texts have nothing to do with each other, and looking on takes too long. */
const mostEdits = 4_000;

/**
 * The pairs of lines, in order, that stay when `a` becomes `b` with the fewest lines removed and added (Myers 1986,
 * "An O(ND) Difference Algorithm"); none where the texts differ too much.
 */
export function shortestEdit(a: readonly string[], b: readonly string[]): [number, number][] {
  const rounds: Int32Array[] = [];
  for (let edits = 0; edits <= Math.min(mostEdits, a.length + b.length); edits++) {
    const round = furthestPoints(a, b, edits, rounds.at(-1));
    rounds.push(round);
    const diagonal = a.length - b.length;
    if (
      Math.abs(diagonal) <= edits &&
      (edits - diagonal) % 2 === 0 &&
      pointOn(round, diagonal, edits) >= a.length
    )
      return walkBack(a.length, b.length, rounds);
  }
  return [];
}

/** How far along `a` each diagonal gets with so many edits; diagonal d is at index (d + edits) / 2. */
function furthestPoints(
  a: readonly string[],
  b: readonly string[],
  edits: number,
  last: Int32Array | undefined,
): Int32Array {
  const round = new Int32Array(edits + 1);
  for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
    let x = startOn(last, diagonal, edits);
    while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++;
    round[(diagonal + edits) / 2] = x;
  }
  return round;
}

/** Where a diagonal begins: below the one above it (an added line) or right of the one beside it (a removed line). */
function startOn(last: Int32Array | undefined, diagonal: number, edits: number): number {
  if (last === undefined) return 0;
  return isAdded(last, diagonal, edits)
    ? pointOn(last, diagonal + 1, edits - 1)
    : pointOn(last, diagonal - 1, edits - 1) + 1;
}

function isAdded(last: Int32Array, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  if (diagonal === edits) return false;
  return pointOn(last, diagonal - 1, edits - 1) < pointOn(last, diagonal + 1, edits - 1);
}

function pointOn(round: Int32Array, diagonal: number, edits: number): number {
  return round[(diagonal + edits) / 2] ?? -1;
}

function walkBack(lengthOfA: number, lengthOfB: number, rounds: readonly Int32Array[]): [number, number][] {
  const pairs: [number, number][] = [];
  let x = lengthOfA;
  let y = lengthOfB;
  for (let edits = rounds.length - 1; edits >= 0; edits--) {
    const last = edits === 0 ? undefined : rounds[edits - 1];
    const start = startOn(last, x - y, edits);
    while (x > start) pairs.push([--x, --y]);
    if (last === undefined) break;
    if (isAdded(last, x - y, edits)) y--;
    else x--;
  }
  return pairs.reverse();
}
