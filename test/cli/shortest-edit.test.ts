import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shortestEdit } from "../../src/cli/shortest-edit.ts";

function longestCommon(a: readonly string[], b: readonly string[]): number {
  let last = new Array<number>(b.length + 1).fill(0);
  for (const line of a) {
    const row = [0];
    for (const [j, other] of b.entries())
      row.push(line === other ? (last[j] ?? 0) + 1 : Math.max(last[j + 1] ?? 0, row[j] ?? 0));
    last = row;
  }
  return last[b.length] ?? 0;
}

describe("shortestEdit", () => {
  it("pairs as many lines as can be paired, in order", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 14 });
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const pairs = shortestEdit(a, b);
        expect(pairs).toHaveLength(longestCommon(a, b));
        for (const [index, [x, y]] of pairs.entries()) {
          expect(a[x]).toBe(b[y]);
          const [beforeX, beforeY] = pairs[index - 1] ?? [-1, -1];
          expect(x > beforeX && y > beforeY).toBe(true);
        }
      }),
    );
  });

  it("gives up on texts that have nothing in common", () => {
    const [a, b] = ["a", "b"].map((letter) => Array.from({ length: 3_000 }, (_, index) => letter + index));
    expect(shortestEdit(a ?? [], b ?? [])).toEqual([]);
  });
});
