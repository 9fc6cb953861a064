import { describe, expect, it } from "vitest";
import { parse, parseDocument } from "yaml";
import { readOptions, toYaml, writeOptions } from "../../src/cluster/kubernetes-yaml.ts";

describe("YAML as kubectl reads it", () => {
  it.each([
    ["0644", 420],
    ["0o644", 420],
    ["644", 644],
    ["yes", true],
    ["Off", false],
    ["true", true],
    ['"yes"', "yes"],
    ["1:30", "1:30"],
    ["2026-01-02", "2026-01-02"],
  ])("reads %s", (text, value) => {
    expect(parse(`a: ${text}`, readOptions)).toEqual({ a: value });
  });

  it("writes what it read as it stood", () => {
    const text = "a: 0644\nb: yes\nc: NO\nd: 'x'\ne: ~\n";
    expect(parseDocument(text, readOptions).toString(writeOptions)).toBe(text);
  });

  it.each(["yes", "on", "0644", "1:30", "2026-01-02", "true", "1e3", "null", ""])(
    "writes the text %j so that every reader takes it for text",
    (text) => {
      expect(toYaml({ a: text })).toBe(`a: "${text}"\n`);
    },
  );

  it("writes scripts as they are and never folds a line", () => {
    const long = "x ".repeat(200).trim();
    expect(toYaml({ a: "one\n\ttwo\n", b: long })).toBe(`a: |\n  one\n  \ttwo\nb: ${long}\n`);
  });

  it("repeats what stands twice, for aliases confuse", () => {
    const shared = { x: 1 };
    expect(toYaml({ a: shared, b: shared })).toBe("a:\n  x: 1\nb:\n  x: 1\n");
  });
});
