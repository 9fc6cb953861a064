import { describe, expect, it } from "vitest";
import { ageOf, clockOf, plural } from "../../src/console-page/words.ts";

describe("the page's words", () => {
  const now = Date.parse("2026-01-31T12:00:00Z");

  it.each([
    ["2026-01-31T12:00:00Z", "0 s"],
    ["2026-01-31T11:58:01Z", "119 s"],
    ["2026-01-31T11:58:00Z", "2 min"],
    ["2026-01-31T10:01:00Z", "119 min"],
    ["2026-01-31T10:00:00Z", "2 h"],
    ["2026-01-29T13:00:00Z", "47 h"],
    ["2026-01-29T12:00:00Z", "2 d"],
    // The cluster's clock may be ahead of the browser's.
    ["2026-01-31T12:00:30Z", "0 s"],
    ["no time", ""],
    [undefined, ""],
  ])("tell the age of %s as %j", (time, age) => {
    expect(ageOf(time, now)).toBe(age);
  });

  it("tell a time of day, and nothing where there is none", () => {
    expect(clockOf("2026-01-31T12:34:56Z")).toMatch(/\d.34.56/);
    expect(clockOf(new Date(now))).toMatch(/\d.00.00/);
    expect(clockOf("no time")).toBe("");
  });

  it.each([
    [0, "0 pods"],
    [1, "1 pod"],
    [2, "2 pods"],
    [50_000, "50,000 pods"],
  ])("count %i pods as %j", (count, words) => {
    expect(plural(count, "pod")).toBe(words);
  });
});
