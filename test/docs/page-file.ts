import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";

const docs = new URL("../../docs/", import.meta.url);

export function readPage(name: string): string {
  return readFileSync(new URL(name, docs), "utf8");
}

/**
 * Holds the part of a page that is made from the code, between `<!-- what: … -->` and `<!-- end of what -->`, against
 * `rendered`; UPDATE_GOLDEN=1 writes it anew: read the diff before it is committed.
 */
export function expectGenerated(name: string, what: string, rendered: string): void {
  const page = readPage(name);
  const begin = page.indexOf(`<!-- ${what}:`);
  const from = page.indexOf("-->\n", begin) + 4;
  const to = page.indexOf(`<!-- end of ${what} -->`);
  if (begin < 0 || to < from) throw new Error(`docs/${name} has no place for its ${what}`);
  if (process.env["UPDATE_GOLDEN"] === "1")
    writeFileSync(new URL(name, docs), `${page.slice(0, from)}\n${rendered}\n${page.slice(to)}`);
  else expect(page.slice(from, to)).toBe(`\n${rendered}\n`);
}
