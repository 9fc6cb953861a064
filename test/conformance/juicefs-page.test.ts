import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { juicefsDifferences } from "./juicefs-differences.ts";

const file = new URL("../../docs/juicefs.md", import.meta.url).pathname;
const between = /(<!-- differences: [^>]*-->\n)[\s\S]*(<!-- end of differences -->)/;

it("docs/juicefs.md has the list of differences", () => {
  const page = readFileSync(file, "utf8");
  const list = juicefsDifferences.map(({ id, why }) => `- *${id}*: ${why}\n`).join("");
  const wanted = page.replace(between, (_, begin: string, end: string) => `${begin}\n${list}\n${end}`);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, wanted);
  else expect(page).toBe(wanted);
});

describe("the weaknesses of the driver's webhook in docs/juicefs.md", () => {
  const [, table = "", rest = ""] =
    /## Where the driver's webhook is weak\n([\s\S]*?)\nLeft out:([\s\S]*)$/.exec(
      readFileSync(file, "utf8"),
    ) ?? [];
  const rows = table
    .split("\n")
    .filter((line) => line.startsWith("| W"))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map(([, numbers = "", , , tests = ""]) => ({ numbers: numbersIn(numbers), tests: tests.split(", ") }));

  it("are all there, or said to be left out, each once", () => {
    const told = [...rows.flatMap(({ numbers }) => numbers), ...numbersIn(rest)];
    expect(told.sort((a, b) => a - b)).toEqual(Array.from({ length: 62 }, (_, index) => index + 1));
  });

  it.each(rows.map(({ numbers, tests }) => [numbers.map((number) => `W${number}`), tests] as const))(
    "%j: %j name them",
    (numbers, tests) => {
      const texts = tests.map((name) => readFileSync(new URL(`../${name}.test.ts`, import.meta.url), "utf8"));
      for (const number of numbers)
        expect(
          texts.some((text) => new RegExp(`\\b${number}\\b`).test(text)),
          number,
        ).toBe(true);
      for (const [index, text] of texts.entries())
        expect(
          numbers.some((number) => new RegExp(`\\b${number}\\b`).test(text)),
          tests[index],
        ).toBe(true);
    },
  );
});

/** "W26–W28, W44" */
function numbersIn(text: string): number[] {
  return [...text.matchAll(/W(\d+)(?:–W(\d+))?/g)].flatMap(([, from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index),
  );
}
