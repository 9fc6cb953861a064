import { applyPatch, type Operation } from "fast-json-patch";
import { describe, expect, it } from "vitest";
import { patchOf } from "../../src/types/edit.ts";
import { deepFreeze } from "../support/deep-freeze.ts";

const patch = (...operations: Operation[]) =>
  patchOf(deepFreeze(operations.map((operation) => ({ operation, why: "a reason" }))));
const add = (path: string, value: unknown): Operation => ({ op: "add", path, value });

describe("patchOf", () => {
  it("makes one operation of a list and of what is added to it at once", () => {
    expect(
      patch(add("/a", ["x"]), add("/a/1", "z"), add("/a/1", "y"), add("/a/0", "w"), add("/b", 1)),
    ).toEqual([add("/a", ["w", "x", "y", "z"]), add("/b", 1)]);
  });

  it.each<[string, Operation[]]>([
    ["something else comes between", [add("/a", ["x"]), add("/b", 1), add("/a/1", "y")]],
    ["the list was there before", [add("/a/0", "x"), add("/a/1", "y")]],
    ["it goes into an item", [add("/a", [{ b: [] }]), add("/a/0/b", 1)]],
    ["what is made is a map", [add("/a", {}), add("/a/0", "x")]],
    ["another list begins with its name", [add("/a", ["x"]), add("/ab/0", "y")]],
    ["an item is replaced", [add("/a", ["x"]), { op: "replace", path: "/a/0", value: "y" }]],
    ["an item is taken out", [add("/a", ["x"]), { op: "remove", path: "/a/0" }]],
  ])("leaves operations as they are where %s", (_, operations) => {
    expect(patch(...operations)).toEqual(operations);
  });

  it("means what the operations mean one by one", () => {
    const operations = [add("/a", []), add("/a/0", { n: 1 }), add("/a/0", ["m"]), add("/a/0/1", "l")];
    const document = () => ({ a: 0 });
    const one = applyPatch(document(), structuredClone(operations)).newDocument;
    expect(applyPatch(document(), structuredClone(patch(...operations))).newDocument).toEqual(one);
    expect(one).toEqual({ a: [["m", "l"], { n: 1 }] });
  });
});
