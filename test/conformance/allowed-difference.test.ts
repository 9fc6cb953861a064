import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { type AllowedDifference, judge, outcomeOf } from "./allowed-difference.ts";
import type { RecordedCase } from "./recorded-cases.ts";

const original: Pod = { metadata: { name: "p" }, spec: { containers: [{ name: "app" }] } };
const marked: Pod = { ...original, metadata: { name: "p", labels: { a: "1" } } };
const labels: AllowedDifference = {
  id: "labels",
  kind: "on purpose",
  why: "for this test",
  covers: ({ path }) => path.startsWith("label/"),
};

function recordedOf(fluid: Pod | undefined): RecordedCase {
  return {
    name: "1-case",
    review: { request: { uid: "u", namespace: "default", object: original } },
    ...(fluid === undefined ? {} : { fluid }),
    sidecar: "native",
    extras: [],
  };
}

function judged(fluid: Pod | undefined, ours: Pod | undefined, list: readonly AllowedDifference[]) {
  return judge(
    outcomeOf(recordedOf(fluid), ours, ours === undefined ? "403 no-reason: because" : "", []),
    list,
  );
}

describe("judge", () => {
  it("is content where nothing differs, and uses no entry", () => {
    expect(judged(marked, marked, [labels])).toEqual({ used: new Set(), complaints: [] });
    expect(judged(undefined, undefined, [labels])).toEqual({ used: new Set(), complaints: [] });
  });

  it("is content where one entry covers what differs", () => {
    expect(judged(original, marked, [labels])).toEqual({ used: new Set(["labels"]), complaints: [] });
  });

  it("names case, path and both values of what nobody covers", () => {
    const { complaints } = judged(original, marked, []);
    expect(complaints).toEqual(['1-case: label/a (not allowed)\n  Fluid: nothing\n  ours:  "1"']);
  });

  it("complains where two entries cover the same", () => {
    const { complaints } = judged(original, marked, [labels, { ...labels, id: "again" }]);
    expect(complaints).toEqual([expect.stringContaining("label/a (allowed by labels and again)")]);
  });

  it("complains where an expected difference is not there", () => {
    const { complaints } = judged(original, marked, [{ ...labels, expected: () => ["label/a", "label/b"] }]);
    expect(complaints).toEqual(["1-case: label/b (expected by labels) is not different"]);
  });

  it("counts a refusal by default besides what differs otherwise", () => {
    const outcome = outcomeOf(recordedOf(original), marked, "409 no-reason: because", []);
    expect(judge(outcome, [labels]).complaints).toEqual([
      expect.stringContaining("verdict by default (not allowed)"),
    ]);
  });

  it.each([
    ["Fluid admits", marked, undefined, "refused 403 no-reason: because"],
    ["we admit", undefined, marked, "admitted"],
  ])("counts only the verdict where %s and the other refuses", (_, fluid, ours, said) => {
    const { complaints } = judged(fluid, ours, [labels]);
    expect(complaints).toEqual([expect.stringContaining(`verdict (not allowed)`)]);
    expect(complaints[0]).toContain(said);
  });
});
