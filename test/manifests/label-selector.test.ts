import { expect, it } from "vitest";
import { selects } from "./label-selector.ts";

const labels = { a: "1" };

it.each([
  ["In", "a", ["1", "2"], true],
  ["In", "a", ["2"], false],
  ["In", "b", ["1"], false],
  ["NotIn", "a", ["1"], false],
  ["NotIn", "a", ["2"], true],
  ["NotIn", "b", ["1"], true],
  ["Exists", "a", undefined, true],
  ["Exists", "b", undefined, false],
  ["DoesNotExist", "a", undefined, false],
  ["DoesNotExist", "b", undefined, true],
])("%s %s %j: %s", (operator, key, values, expected) => {
  const requirement = values === undefined ? { key, operator } : { key, operator, values };
  expect(selects({ matchExpressions: [requirement] }, labels)).toBe(expected);
});

it("ANDs all that it says, takes all when it says nothing, and knows no other operator", () => {
  expect(selects({ matchLabels: { a: "1", b: "1" } }, labels)).toBe(false);
  expect(selects({ matchLabels: { a: "1" } }, labels)).toBe(true);
  expect([selects({}, {}), selects(undefined, labels)]).toEqual([true, true]);
  expect(() => selects({ matchExpressions: [{ key: "a", operator: "Gt" }] }, labels)).toThrow("Gt");
});
