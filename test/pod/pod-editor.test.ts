import { applyPatch } from "fast-json-patch";
import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import { deepFreeze } from "../support/deep-freeze.ts";

const before: Pod = deepFreeze({
  metadata: { labels: { "a/b": "1", "t~x": "2" } },
  spec: { containers: [{ name: "a" }, { name: "b", env: [] }, { name: "c" }], nodeName: "n" },
});

function edit(change: (editor: PodEditor) => void): { pod: Pod; operations: unknown[] } {
  const editor = new PodEditor(before);
  change(editor);
  const operations = editor.edits.map(({ operation }) => operation);
  const patched = applyPatch(structuredClone(before), structuredClone(operations), true).newDocument;
  expect(patched).toEqual(editor.pod);
  return { pod: editor.pod, operations };
}

describe("PodEditor", () => {
  it.each<[string, (editor: PodEditor) => void, unknown[]]>([
    [
      "adds a member that is not there",
      (e) => e.set(["spec", "x"], 1, ""),
      [{ op: "add", path: "/spec/x", value: 1 }],
    ],
    [
      "adds a member whose name every object has",
      (e) => {
        e.merge(["metadata", "labels"], { constructor: "x", toString: "y" }, "");
        e.remove(["spec", "hasOwnProperty"], "");
      },
      [
        { op: "add", path: "/metadata/labels/constructor", value: "x" },
        { op: "add", path: "/metadata/labels/toString", value: "y" },
      ],
    ],
    [
      "replaces one that is there",
      (e) => e.set(["spec", "nodeName"], "m", ""),
      [{ op: "replace", path: "/spec/nodeName", value: "m" }],
    ],
    [
      "records nothing for an equal value",
      (e) => e.set(["spec", "containers", 1], { env: [], name: "b" }, ""),
      [],
    ],
    [
      "escapes keys",
      (e) => e.merge(["metadata", "labels"], { "a/b": "3", "t~x": "4" }, ""),
      [
        { op: "replace", path: "/metadata/labels/a~1b", value: "3" },
        { op: "replace", path: "/metadata/labels/t~0x", value: "4" },
      ],
    ],
    [
      "makes the map that it merges into",
      (e) => e.merge(["metadata", "annotations"], { a: "1" }, ""),
      [{ op: "add", path: "/metadata/annotations", value: { a: "1" } }],
    ],
    ["merges nothing without entries", (e) => e.merge(["metadata", "annotations"], {}, ""), []],
    [
      "removes a member and an item",
      (e) => {
        e.remove(["spec", "nodeName"], "");
        e.remove(["spec", "containers", 0], "");
      },
      [
        { op: "remove", path: "/spec/nodeName" },
        { op: "remove", path: "/spec/containers/0" },
      ],
    ],
    ["removes nothing that is not there", (e) => e.remove(["spec", "volumes"], ""), []],
    [
      "inserts into a list, and makes it first where there is none",
      (e) => {
        e.insert(["spec", "volumes"], 3, { name: "v" }, "");
        e.insert(["spec", "volumes"], 0, { name: "u" }, "");
        e.append(["spec", "volumes"], { name: "w" }, "");
      },
      [
        { op: "add", path: "/spec/volumes", value: [{ name: "v" }] },
        { op: "add", path: "/spec/volumes/0", value: { name: "u" } },
        { op: "add", path: "/spec/volumes/2", value: { name: "w" } },
      ],
    ],
    [
      "moves an item; the new place counts without it",
      (e) => e.move(["spec", "containers"], 0, 2, ""),
      [{ op: "move", from: "/spec/containers/0", path: "/spec/containers/2" }],
    ],
    [
      "edits inside what it inserted, and leaves the recorded value as it was",
      (e) => {
        e.append(["spec", "containers"], { name: "d" }, "");
        e.set(["spec", "containers", 3, "image"], "i", "");
      },
      [
        { op: "add", path: "/spec/containers/3", value: { name: "d" } },
        { op: "add", path: "/spec/containers/3/image", value: "i" },
      ],
    ],
  ])("%s", (_, change, operations) => {
    expect(edit(change).operations).toEqual(operations);
  });

  it("copies what lies on an edited path once and shares the rest", () => {
    const { pod } = edit((e) => e.set(["spec", "containers", 1, "image"], "i", ""));
    expect(pod.spec?.containers[0]).toBe(before.spec?.containers[0]);
    expect(pod.metadata).toBe(before.metadata);
  });

  it("gives back the very pod when nothing was edited", () => {
    expect(edit(() => undefined).pod).toBe(before);
  });

  it("throws when the way to a path does not exist", () => {
    expect(() => edit((e) => e.set(["spec", "affinity", "nodeAffinity"], {}, ""))).toThrow("/spec/affinity");
  });
});
