import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffLines } from "../../src/cli/diff-lines.ts";

const marks = { same: " ", removed: "-", added: "+" };

function show(before: string, after: string): string {
  return diffLines([...before], [...after])
    .map(({ kind, text }) => marks[kind] + text)
    .join("");
}

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

describe("diffLines", () => {
  it.each([
    ["", "", ""],
    ["abc", "abc", " a b c"],
    ["", "ab", "+a+b"],
    ["ab", "", "-a-b"],
    ["abc", "axc", " a-b+x c"],
    ["abcabba", "cbabac", "-a-b c+b a b-b a+c"],
  ])("makes %j into %j", (before, after, expected) => {
    expect(show(before, after)).toBe(expected);
  });

  it("gives both texts back, and keeps as much as can be kept", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 14 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = diffLines(before, after);
        expect(diff.filter(({ kind }) => kind !== "added").map(({ text }) => text)).toEqual(before);
        expect(diff.filter(({ kind }) => kind !== "removed").map(({ text }) => text)).toEqual(after);
        expect(diff.filter(({ kind }) => kind === "same")).toHaveLength(longestCommon(before, after));
        for (const line of diff) {
          if (line.kind !== "added") expect(before[line.before]).toBe(line.text);
          if (line.kind !== "removed") expect(after[line.after]).toBe(line.text);
        }
      }),
    );
  });
});
