import { describe, expect, it } from "vitest";
import type { RawObject } from "../../../src/cluster/raw-fields.ts";
import { planCopy, planRemoval } from "../../../src/controllers/copy-objects/copy-of.ts";

const owner = { namespace: "team", name: "ref", uid: "uid-ref" };
const secret = { kind: "Secret", name: "key" } as const;
const original: RawObject = {
  metadata: {
    namespace: "data",
    name: "key",
    labels: { app: "x" },
    uid: "uid-original",
    resourceVersion: "7",
  },
  type: "Opaque",
  data: { token: "c2VjcmV0" },
  immutable: true,
};
const ofOwner = { apiVersion: "data.fluid.io/v1alpha1", kind: "Dataset", name: "ref", uid: "uid-ref" };
const ofOther = { ...ofOwner, name: "other", uid: "uid-other" };

function copy(change: object = {}, metadata: object = {}): RawObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      namespace: "team",
      name: "key",
      uid: "uid-copy",
      resourceVersion: "9",
      labels: { "sluice.io/copied-by": "sluice-controllers" },
      annotations: { "sluice.io/copied-from": "data/key" },
      ownerReferences: [ofOwner],
      ...metadata,
    },
    type: "Opaque",
    data: { token: "c2VjcmV0" },
    ...change,
  };
}

const plan = (existing: RawObject | undefined, of: RawObject | undefined = original) =>
  planCopy(secret, "data", of, existing, owner);

describe("the copy of a Secret", () => {
  it("is made with its content and nothing else of the original, owned by the Dataset", () => {
    const { metadata, ...rest } = copy();
    const { uid: _u, resourceVersion: _v, ...own } = Object(metadata);
    expect(plan(undefined)).toEqual({ kind: "create", object: { ...rest, metadata: own } });
  });

  it("is kept as long as it is like the original", () => {
    expect(plan(copy())).toEqual({ kind: "keep" });
  });

  it.each([
    ["other data", { data: { token: "b2xk" } }],
    ["more data", { data: { token: "c2VjcmV0", more: "" } }],
    ["no data", { data: undefined }],
  ])("is brought up to date: %s", (_words, change) => {
    expect(plan(copy(change))).toEqual({ kind: "replace", object: copy() });
  });

  it("is made anew where it cannot be changed", () => {
    for (const change of [{ data: {}, immutable: true }, { type: "example.com/old" }])
      expect(plan(copy(change))).toMatchObject({
        kind: "recreate",
        uid: "uid-copy",
        object: { type: "Opaque" },
      });
  });

  it("gets a further owner where another Dataset needs it too", () => {
    expect(plan(copy({}, { ownerReferences: [ofOther] }))).toEqual({
      kind: "replace",
      object: copy({}, { ownerReferences: [ofOther, ofOwner] }),
    });
  });
});

describe("what is left as it is", () => {
  it.each<[string, RawObject | undefined, RawObject | undefined, string]>([
    [
      "an object of somebody else's",
      copy({}, { labels: {} }),
      original,
      "is there already and is no copy of ours",
    ],
    [
      "one whose label has another value",
      copy({}, { labels: { "sluice.io/copied-by": "me" } }),
      original,
      "no copy of ours",
    ],
    [
      "a copy of another original",
      copy({}, { annotations: { "sluice.io/copied-from": "else/key" } }),
      original,
      "is a copy of else/key",
    ],
    ["nothing to copy", undefined, undefined, "Secret data/key does not exist: create it"],
    ["a copy whose original is gone", copy(), undefined, "Secret data/key does not exist"],
    [
      "a ServiceAccount's token",
      undefined,
      { ...original, type: "kubernetes.io/service-account-token" },
      "ServiceAccount's token",
    ],
  ])("%s", (_words, existing, of, why) => {
    const step = planCopy(secret, "data", of, existing, owner);
    expect(step).toEqual({ kind: "leave", why: expect.stringContaining(why) });
  });
});

describe("a copy that is not needed any more", () => {
  it.each<[string, RawObject | undefined, object]>([
    ["goes", copy(), { kind: "remove", uid: "uid-copy" }],
    [
      "stays for others",
      copy({}, { ownerReferences: [ofOwner, ofOther] }),
      { kind: "replace", object: copy({}, { ownerReferences: [ofOther] }) },
    ],
    ["stays where it was never ours", copy({}, { ownerReferences: [ofOther] }), { kind: "keep" }],
    ["is nobody's concern where it is no copy", copy({}, { labels: {} }), { kind: "keep" }],
    ["may be gone already", undefined, { kind: "keep" }],
  ])("%s", (_words, existing, expected) => {
    expect(planRemoval(existing, owner)).toEqual(expected);
  });
});
