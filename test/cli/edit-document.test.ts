import type { Operation } from "fast-json-patch";
import fastJsonPatch from "fast-json-patch";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { editDocument, hasAliases, parsePointer } from "../../src/cli/edit-document.ts";

const text = `# about a
a: {x: 1} # beside a
list:
# about one
- name: one # beside one
- name: two
empty: {}
none:
`;

function edited(operations: Operation[]): string {
  const document = parseDocument(text);
  editDocument(document, [], operations);
  return document.toString({ lineWidth: 0, indentSeq: false, flowCollectionPadding: false });
}

const cases: [string, Operation[], string, string][] = [
  ["adds to a flow map", [{ op: "add", path: "/a/y", value: 2 }], "a: {x: 1}", "a: {x: 1, y: 2}"],
  ["opens an empty map", [{ op: "add", path: "/empty/k~1v", value: "w" }], "empty: {}", "empty:\n  k/v: w"],
  ["fills a null", [{ op: "replace", path: "/none", value: { k: 1 } }], "none:\n", "none:\n  k: 1\n"],
  [
    "inserts into a list",
    [{ op: "add", path: "/list/1", value: { name: "new" } }],
    "- name: two",
    "- name: new\n- name: two",
  ],
  [
    "keeps comments at a replaced value",
    [{ op: "replace", path: "/list/0/name", value: "1st" }],
    "- name: one #",
    "- name: 1st #",
  ],
  ["removes", [{ op: "remove", path: "/list/1" }], "- name: two\n", ""],
  ["removes a member", [{ op: "remove", path: "/empty" }], "empty: {}\n", ""],
];

describe("editDocument", () => {
  it.each(cases)("%s", (_what, operations, from, to) => {
    expect(text).toContain(from);
    expect(edited(operations)).toBe(text.replace(from, to));
  });

  it.each<[string, Operation[]]>([
    ...cases.map(([what, operations]): [string, Operation[]] => [what, operations]),
    ["moves", [{ op: "move", from: "/list/1", path: "/list/0" }]],
    [
      "adds, then replaces in what was added",
      [
        { op: "add", path: "/list/2", value: { name: "three" } },
        { op: "replace", path: "/list/2/name", value: "3rd" },
        { op: "add", path: "/list/2/more", value: [{ a: null }] },
      ],
    ],
  ])("means what RFC 6902 says: %s", (_what, operations) => {
    const expected = fastJsonPatch.applyPatch(parseDocument(text).toJS(), operations).newDocument;
    expect(parseDocument(edited(operations)).toJS()).toEqual(expected);
  });

  it.each(["/nowhere/x", "/list/7/name", "/a/x/y"])("throws for %s, which does not exist", (path) => {
    expect(() => edited([{ op: "add", path, value: 1 }])).toThrow(/the manifest has no/);
  });

  it("throws when what is to be removed is not there", () => {
    expect(() => edited([{ op: "remove", path: "/a/nothing" }])).toThrow("the manifest has no /a/nothing");
  });

  it("edits below a base path", () => {
    const document = parseDocument("items:\n- a: 1\n- a: 2\n");
    editDocument(document, ["items", 1], [{ op: "replace", path: "/a", value: 3 }]);
    expect(document.toJS()).toEqual({ items: [{ a: 1 }, { a: 3 }] });
  });
});

describe("parsePointer", () => {
  it.each([
    ["", []],
    ["/a/0", ["a", "0"]],
    ["/a~1b~01", ["a/b~1"]],
  ])("reads %j", (pointer, keys) => {
    expect(parsePointer(pointer)).toEqual(keys);
  });
});

describe("hasAliases", () => {
  it.each([
    ["a: &x 1\nb: *x\n", true],
    ["a: &x 1\n", false],
  ])("looks for them in %j", (yaml, expected) => {
    expect(hasAliases(parseDocument(yaml))).toBe(expected);
  });
});
