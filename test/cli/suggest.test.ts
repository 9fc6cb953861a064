import { describe, expect, it } from "vitest";
import { suggest } from "../../src/cli/suggest.ts";

const commands = ["serve", "inject", "explain", "demo", "check"];

describe("suggest", () => {
  it.each([
    ["injcet", ", did you mean inject?"],
    ["exp", ", did you mean explain?"],
    ["demos", ", did you mean demo?"],
    ["sevre", ", did you mean serve?"],
    ["frobnicate", ""],
    ["x", ""],
    ["", ""],
  ])("answers %j", (typed, expected) => {
    expect(suggest(typed, commands)).toBe(expected);
  });

  it("takes the nearest", () => {
    expect(suggest("--fil", ["--fill", "--file-name", "--out"])).toBe(", did you mean --fill?");
  });
});
