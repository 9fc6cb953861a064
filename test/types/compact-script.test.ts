import { expect, it } from "vitest";
import { compactScript } from "../../src/types/compact-script.ts";

it("drops comments and indentation, and shortens our own names, the most frequent ones most", () => {
  const text = ["# why", "_once=1", "_often() {", "  _often=$_often", "", "}", "  # more", '_often "$@"'];
  expect(compactScript(text.join("\n"))).toBe('_b=1\n_a() {\n_a=$_a\n}\n_a "$@"');
});

it.each(["read -r now _", "SLUICE_STOP_SECONDS=1", "$_", "a_b=1", "--no_x", "_UPPER=1"])(
  "leaves %s as it is",
  (line) => {
    expect(compactScript(line)).toBe(line);
  },
);

it("gives each of many names one of its own", () => {
  const names = Array.from({ length: 3_000 }, (_, index) => `_name_${index}`);
  const short = compactScript(names.join(" ")).split(" ");
  expect(new Set(short).size).toBe(names.length);
  expect(short.every((name) => /^_[a-zA-Z]{1,3}$/.test(name))).toBe(true);
});
