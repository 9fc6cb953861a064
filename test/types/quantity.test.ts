import { describe, expect, it } from "vitest";
import { parseQuantity } from "../../src/types/quantity.ts";

describe("parseQuantity", () => {
  it.each<[unknown, number | undefined]>([
    ["500m", 0.5],
    ["2", 2],
    [2, 2],
    ["1.5", 1.5],
    [".5", 0.5],
    ["5.", 5],
    ["1Gi", 2 ** 30],
    ["1k", 1000],
    ["100n", 1e-7],
    ["1e3", 1000],
    ["1E3", 1000],
    ["1E", 1e18],
    ["0", 0],
    ["", undefined],
    ["-1", undefined],
    [-1, undefined],
    ["1e999", undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    ["1 Gi", undefined],
    ["1gi", undefined],
    ["one", undefined],
    [null, undefined],
    [{}, undefined],
  ])("reads %j as %s", (text, value) => {
    if (value === undefined) expect(parseQuantity(text)).toBeUndefined();
    else expect(parseQuantity(text)).toBeCloseTo(value, 10);
  });
});
