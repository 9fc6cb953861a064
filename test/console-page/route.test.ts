import { describe, expect, it } from "vitest";
import { changedList, linkTo, parseRoute } from "../../src/console-page/route.ts";

describe("a place in the console", () => {
  it.each<[string, string[], string]>([
    ["", [], ""],
    ["#", [], ""],
    ["#/", [], ""],
    ["#pods", ["pods"], ""],
    ["#/pods?namespace=demo&page=2", ["pods"], "namespace=demo&page=2"],
    ["#/pods/demo/train", ["pods", "demo", "train"], ""],
    ["#//pods///demo/", ["pods", "demo"], ""],
    ["#/pods/a%2Fb/c%20d", ["pods", "a/b", "c d"], ""],
    // Somebody's own text, which no link of ours has.
    ["#/pods/%E0%A4%A", ["pods", "%E0%A4%A"], ""],
    ["#/why?name=a?b", ["why"], "name=a"],
  ])("is read from %j", (hash, parts, query) => {
    const route = parseRoute(hash);
    expect([route.parts, route.query.toString()]).toEqual([parts, query]);
  });

  it("is read as it was linked, whatever its names hold", () => {
    const parts = ["pods", "a/b?c#d", "50% für alle"];
    const query = { search: "x&y=z #1", namespace: "demo" };
    const route = parseRoute(linkTo(parts, query));
    expect(route.parts).toEqual(parts);
    expect(Object.fromEntries(route.query)).toEqual(query);
  });

  it("says nothing of what is not asked for", () => {
    expect(linkTo([])).toBe("#/");
    expect(linkTo(["pods"], { namespace: undefined, search: "" })).toBe("#/pods");
    expect(linkTo(["pods"], { namespace: "demo", search: undefined })).toBe("#/pods?namespace=demo");
  });
});

describe("a change to what a list is asked for", () => {
  it.each<[string, Record<string, string | undefined>, string | undefined]>([
    ["#/pods", { search: "train" }, "#/pods?search=train"],
    [
      "#/pods?namespace=demo&page=3",
      { page: undefined, search: "train" },
      "#/pods?namespace=demo&search=train",
    ],
    ["#/pods?search=train", { search: "" }, "#/pods"],
    ["#/pods/demo/train", { search: "x" }, undefined],
    ["#/datasets?search=train", { search: "x" }, undefined],
    ["", { search: "x" }, undefined],
  ])("in %s of %j leads to %s", (hash, changes, link) => {
    expect(changedList(hash, "pods", changes)).toBe(link);
  });
});
