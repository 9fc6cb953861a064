import { describe, expect, it } from "vitest";
import { diffText } from "../../src/cli/diff-text.ts";
import { paintWith } from "../../src/cli/paint.ts";
import { shortenScripts } from "../../src/cli/shorten-scripts.ts";

const options = { paint: paintWith(false), width: 20, context: 1 };

describe("diffText", () => {
  it("shows what changed with a little around it, cut to the width", () => {
    const before = "a\nb\nc\nd\ne\nf\ng\nh\n";
    const after = `a\nb\nC ${"x".repeat(30)}\nd\ne\nf\ng\nH\n`;
    expect(diffText(before, after, options)).toBe(
      [
        "@@ line 2 before, 2 after @@",
        " b",
        "-c",
        `+C ${"x".repeat(16)}…`,
        " d",
        "@@ line 7 before, 7 after @@",
        " g",
        "-h",
        "+H",
        "",
      ].join("\n"),
    );
  });

  it("is empty where nothing changed", () => {
    expect(diffText("a\n", "a\n", options)).toBe("");
  });
});

describe("shortenScripts", () => {
  it("tells the length of long texts and leaves the rest", () => {
    const command = ["sh", "-c", "one\ntwo\nthree\nfour", "a\nb"];
    expect(shortenScripts({ command, n: 1, none: null })).toEqual({
      command: ["sh", "-c", "(a script of 4 lines)", "a\nb"],
      n: 1,
      none: null,
    });
  });
});
