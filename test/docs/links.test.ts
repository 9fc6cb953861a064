import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorsOf, linksOf, pathsIn } from "./markdown-links.ts";

const root = new URL("../../", import.meta.url).pathname;
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "certs/README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const files = ["src", "test", "manifests", "scripts", "docs", "certs"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
);
const read = (page: string) => readFileSync(join(root, page), "utf8");

describe("links of the pages", () => {
  it.each(pages)("%s leads to files and headings that there are", (page) => {
    const broken = linksOf(read(page)).filter((link) => {
      if (/^(https?|mailto):/.test(link)) return false;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : relative(root, join(root, dirname(page), decodeURI(path)));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && target.endsWith(".md") && !anchorsOf(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(pages)("%s names files of the house that there are", (page) => {
    const broken = pathsIn(read(page)).filter(
      (path) =>
        !files.some((file) => (path.endsWith("/") ? file.startsWith(path) : `/${file}`.endsWith(`/${path}`))),
    );
    expect(broken).toEqual([]);
  });

  it("lead to every page of docs from docs/README.md", () => {
    const listed = linksOf(read("docs/README.md")).map((link) => `docs/${link}`);
    const own = pages.filter((page) => page.startsWith("docs/") && page !== "docs/README.md");
    expect(own.filter((page) => !listed.includes(page))).toEqual([]);
  });

  it.each([
    ["# Is it *well*?", ["is-it-well"]],
    ["## `a.b` and [c](d.md)", ["ab-and-c"]],
    ["# A\n# A\n", ["a", "a-1"]],
    ["```\n# no heading\n```\n# One", ["one"]],
  ])("read the headings of %j", (text, anchors) => {
    expect(anchorsOf(text)).toEqual(anchors);
  });

  it.each([
    ["`src/a.ts`, `b/c.sh` and `d.tsx`", ["src/a.ts", "b/c.sh", "d.tsx"]],
    ["`src/pod/` but not `/data/a`, `test/<case>/`, `a.b.c`, `--from src/a.ts`", ["src/pod/"]],
  ])("are told from other code: %s", (text, paths) => {
    expect(pathsIn(text)).toEqual(paths);
  });

  it("are read outside of code only", () => {
    expect(linksOf("[a](b.md) `[c](d.md)` ![e](f.svg)\n```\n[g](h.md)\n```\n")).toEqual(["b.md", "f.svg"]);
  });
});
