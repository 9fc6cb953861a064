import fc from "fast-check";
import { expect, it } from "vitest";
import { splitExpansion } from "../../src/pod/expansion.ts";

it.each([
  ["", []],
  ["a/b", ["a/b"]],
  ["$(A)", ["$(A)"]],
  ["x$(A)$(B)/y", ["x", "$(A)", "$(B)", "/y"]],
  ["$$(A)", ["$$", "(A)"]],
  ["$$$(A)", ["$$", "$(A)"]],
  ["a$b$", ["a$b$"]],
  ["$(A", ["$(A"]],
  ["$(A$$", ["$(A", "$$"]],
  [")$(A", [")$(A"]],
  ["$($(A)", ["$($(A)"]],
])("parts %j", (text, parts) => {
  expect(splitExpansion(text)).toEqual(parts);
});

it("parts any text as its grammar says", () => {
  const texts = fc.array(fc.constantFrom("$", "(", ")", "a", "$(", "$$")).map((parts) => parts.join(""));
  fc.assert(
    fc.property(texts, (text) => {
      const expected = text.split(/(\$\$|\$\([^)]*\))/).filter((part) => part !== "");
      expect(splitExpansion(text)).toEqual(expected);
    }),
    { seed: 20261123, numRuns: 500 },
  );
});

it("takes no longer for a text of open brackets only", () => {
  const text = "$(".repeat(1_000_000);
  expect(splitExpansion(text)).toEqual([text]);
});
