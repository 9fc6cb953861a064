import { describe, expect, it } from "vitest";
import { expectationsOf } from "./expectations.ts";
import {
  caseNames,
  expectationFiles,
  readCase,
  readExpectations,
  strayFiles,
  writeExpectations,
} from "./golden-case.ts";
import { ask } from "./outcome.ts";

/** UPDATE_GOLDEN=1 writes the expectations anew: read the diff before it is committed. */
const update = process.env["UPDATE_GOLDEN"] === "1";

describe("golden cases, each by the command line and by HTTPS", () => {
  it("no folder is without a case, and no file without a reader", () => {
    expect(strayFiles()).toEqual([]);
    expect(caseNames().length).toBeGreaterThan(0);
  });

  it.each(caseNames())("%s", async (name) => {
    const produced = expectationsOf(await ask(readCase(name)));
    if (update) writeExpectations(name, produced);
    const expected = readExpectations(name);
    expect(Object.keys(expected), "the files that expect something").toEqual(Object.keys(produced));
    for (const file of expectationFiles) expect(produced[file], `${name}/${file}`).toBe(expected[file]);
  });
});
