import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffLines } from "../../src/cli/diff-lines.ts";

const marks = { same: " ", removed: "-", added: "+" };

function show(before: string, after: string): string {
  return diffLines([...before], [...after])
    .map(({ kind, text }) => marks[kind] + text)
    .join("");
}

describe("diffLines", () => {
  it.each([
    ["", "", ""],
    ["abc", "abc", " a b c"],
    ["", "ab", "+a+b"],
    ["ab", "", "-a-b"],
    ["abc", "axc", " a-b+x c"],
    ["abcd", "bcda", "-a b c d+a"],
    ["aabbaa", "aaxbbaa", " a a+x b b a a"],
  ])("makes %j into %j", (before, after, expected) => {
    expect(show(before, after)).toBe(expected);
  });

  it("gives both texts back", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 14 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = diffLines(before, after);
        expect(diff.filter(({ kind }) => kind !== "added").map(({ text }) => text)).toEqual(before);
        expect(diff.filter(({ kind }) => kind !== "removed").map(({ text }) => text)).toEqual(after);
        for (const line of diff) {
          if (line.kind !== "added") expect(before[line.before]).toBe(line.text);
          if (line.kind !== "removed") expect(after[line.after]).toBe(line.text);
        }
      }),
    );
  });

  it("takes lines with the same key for the same, and shows the later one", () => {
    const lines = diffLines(["A ", "b"], ["a", "c"], (line) => line.trim().toLowerCase());
    expect(lines.map(({ kind, text }) => marks[kind] + text)).toEqual([" a", "-b", "+c"]);
  });

  it("compares long texts in a moment", () => {
    const block = (name: number) => [`name: ${name}`, "a", "b", "c"];
    const added = Array.from({ length: 100 }, (_, index) => (index % 7 === 0 ? "a" : "new"));
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    const before = numbers.flatMap(block);
    const after = numbers.flatMap((number) => [...block(number), ...added]);
    const begin = performance.now();
    const diff = diffLines(before, after);
    expect(performance.now() - begin).toBeLessThan(30_000);
    expect(diff.filter(({ kind }) => kind === "removed")).toEqual([]);
  });
});
