import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AllowedDifference } from "./allowed-difference.ts";
import { allowedDifferences } from "./differences.ts";

const root = new URL("../../", import.meta.url).pathname;
const file = join(root, "docs/from-fluid.md");
const begin =
  "<!-- differences: made by UPDATE_GOLDEN=1 npm test -- test/conformance/from-fluid-page.test.ts -->\n";
const end = "<!-- end of differences -->\n";
const headings = [
  ["on purpose", "### On purpose"],
  ["Fluid is wrong", "### Where Fluid is wrong"],
  ["not built yet", "### Not built yet"],
] as const;

function listOf(kind: AllowedDifference["kind"]): string[] {
  return allowedDifferences
    .filter((entry) => entry.kind === kind)
    .map(({ id, why }) => `- *${id}*: ${why}\n`);
}

const rendered = headings
  .flatMap(([kind, heading]) => {
    const entries = listOf(kind);
    return entries.length === 0 ? [] : [`\n${heading}\n\n${entries.join("")}`];
  })
  .join("");

/** The text before the list, the list, the text after it. */
function parts(page: string): [string, string, string] {
  const from = page.indexOf(begin) + begin.length;
  const to = page.indexOf(end);
  if (from < begin.length || to < from) throw new Error(`${file} has no place for the list`);
  return [page.slice(0, from), page.slice(from, to), page.slice(to)];
}

describe("docs/from-fluid.md", () => {
  const page = readFileSync(file, "utf8");

  it("lists the differences that the conformance test allows, and no others", () => {
    const [before, list, after] = parts(page);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, `${before}${rendered}\n${after}`);
    else expect(list).toBe(`${rendered}\n`);
  });

  const rows = [...page.matchAll(/^\| (W\d+) \|.*\| (\S+) \|$/gm)];

  it("tells of W1 to W27, each once", () => {
    expect(rows.map(([, number]) => number)).toEqual(
      Array.from({ length: 27 }, (_, index) => `W${index + 1}`),
    );
  });

  it.each(rows.map(([, number = "", test = ""]) => [number, test]))(
    "%s has a test of its number: %s",
    (number, test) => {
      expect(existsSync(join(root, test))).toBe(true);
      // In the title of a test, or of a row of its table.
      expect(readFileSync(join(root, test), "utf8")).toMatch(new RegExp(`["\`][^"\`\\n]*\\(${number}[,)]`));
    },
  );
});
