import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fluid, juicefs, sluice } from "../../src/admission/labels.ts";
import { readPage } from "./page-file.ts";

const root = new URL("../../", import.meta.url).pathname;
const page = readPage("labels.md");

function textsIn(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}

// Not a beginning to which something is added: those are told of with what follows.
const key = /\b(?:[a-z][a-z-]*\.)*(?:sluice\.io|fluid\.io|juicefs\.com)\/[a-z][a-z-]*[a-z](?![-.\w\\])/g;
/** Groups of the API, and tables of Sluice's own that no key stands for. */
const noKey = /^data\.fluid\.io\//;

function keysIn(texts: readonly string[]): Set<string> {
  return new Set(texts.flatMap((text) => text.match(key) ?? []).filter((found) => !noKey.test(found)));
}

const ofCode = keysIn([
  ...textsIn("src", /\.(ts|tsx)$/),
  ...textsIn("manifests/chart/templates", /\.(yaml|tpl)$/),
]);

describe("docs/labels.md", () => {
  const named = (list: object) =>
    Object.values(list).flatMap((value) =>
      typeof value === "string"
        ? [value]
        : typeof value === "object" && !(value instanceof RegExp)
          ? Object.values(value)
          : [],
    );
  it.each([...new Set([...ofCode, ...named(sluice), ...named(fluid), ...named(juicefs)])].sort())(
    "tells of %s",
    (found) => expect(page.includes(`\`${found}\``)).toBe(true),
  );

  it("tells of nothing that the code does not know", () => {
    const made = [fluid.datasetName("<container>"), fluid.datasetNamespace("<container>")].map(
      (made) => made.split("/")[0] ?? "",
    );
    const cpu = (["cpu", "memory"] as const).flatMap((resource) =>
      (["request", "limit"] as const).map((kind) => sluice.clientSize(resource, kind)),
    );
    const unknown = [...keysIn([page.replaceAll(/`[^`]*<[^`]*`/g, "")])].filter(
      (found) => !ofCode.has(found) && !cpu.includes(found) && !made.some((start) => found.startsWith(start)),
    );
    expect(unknown).toEqual([]);
  });
});
