import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
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
