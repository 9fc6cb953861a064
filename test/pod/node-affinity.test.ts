import fc from "fast-check";
import type {
  NodeAffinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PreferredSchedulingTerm,
} from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { matchesNodeSelector } from "../../src/platforms/node-match.ts";
import {
  preferNodes,
  requireNodes,
  sumPreferences,
  uniqueRequirements,
} from "../../src/pod/node-affinity.ts";

const zone: NodeSelectorRequirement = { key: "zone", operator: "In", values: ["a"] };
const cache: NodeSelectorRequirement = { key: "cache", operator: "In", values: ["true"] };
const gpu: NodeSelectorRequirement = { key: "gpu", operator: "Exists" };
const byName: NodeSelectorRequirement = { key: "metadata.name", operator: "In", values: ["node-1"] };

function prefer(weight: number, ...matchExpressions: NodeSelectorRequirement[]): PreferredSchedulingTerm {
  return { weight, preference: { matchExpressions } };
}

function preferring(...terms: PreferredSchedulingTerm[]): NodeAffinity {
  return { preferredDuringSchedulingIgnoredDuringExecution: terms };
}

function requiring(...nodeSelectorTerms: NodeSelectorTerm[]): NodeAffinity {
  return { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
}

describe("preferNodes", () => {
  it.each<[string, NodeAffinity | undefined, PreferredSchedulingTerm[], NodeAffinity]>([
    ["no affinity", undefined, [prefer(100, cache)], preferring(prefer(100, cache))],
    ["an empty affinity", {}, [prefer(100, cache)], preferring(prefer(100, cache))],
    [
      "the user's own terms",
      preferring(prefer(1, gpu)),
      [prefer(100, cache), prefer(50, zone)],
      preferring(prefer(1, gpu), prefer(100, cache), prefer(50, zone)),
    ],
    [
      "a term that is there already",
      preferring(prefer(100, cache)),
      [prefer(100, cache), prefer(50, zone)],
      preferring(prefer(100, cache), prefer(50, zone)),
    ],
    [
      "the same term with another weight, which stays",
      preferring(prefer(99, cache)),
      [prefer(100, cache), prefer(50, zone)],
      preferring(prefer(99, cache), prefer(50, zone)),
    ],
    [
      "the same values in another order",
      preferring(prefer(5, { key: "zone", operator: "In", values: ["a", "b"] })),
      [prefer(5, { key: "zone", operator: "In", values: ["b", "a"] })],
      preferring(
        prefer(5, { key: "zone", operator: "In", values: ["a", "b"] }),
        prefer(5, { key: "zone", operator: "In", values: ["b", "a"] }),
      ),
    ],
    [
      "a field in place of a label",
      preferring({ weight: 5, preference: { matchFields: [zone] } }),
      [prefer(5, zone)],
      preferring({ weight: 5, preference: { matchFields: [zone] } }, prefer(5, zone)),
    ],
    ["a term given twice", undefined, [prefer(1, gpu), prefer(1, gpu)], preferring(prefer(1, gpu))],
    [
      "a required part",
      requiring({ matchExpressions: [gpu] }),
      [prefer(1, cache)],
      { ...requiring({ matchExpressions: [gpu] }), ...preferring(prefer(1, cache)) },
    ],
  ])("appends what is missing beside %s", (_name, affinity, terms, expected) => {
    const before = structuredClone(affinity);
    expect(preferNodes(affinity, terms)).toEqual(expected);
    expect(affinity).toEqual(before);
  });

  it("returns the very same object when nothing is missing", () => {
    const affinity = preferring(prefer(100, cache));
    expect(preferNodes(affinity, [prefer(100, cache)])).toBe(affinity);
    expect(preferNodes(affinity, [])).toBe(affinity);
    expect(preferNodes(undefined, [])).toBeUndefined();
  });

  it("knows a term again after the API server has left out its empty lists", () => {
    const sent = prefer(10, { key: "gpu", operator: "Exists", values: [] });
    const stored = preferring(prefer(10, gpu));
    expect(preferNodes(stored, [sent])).toBe(stored);
  });
});

describe("requireNodes", () => {
  it.each<[string, NodeAffinity | undefined, NodeSelectorRequirement[], NodeAffinity]>([
    [
      "makes a term where there is none",
      undefined,
      [cache, zone],
      requiring({ matchExpressions: [cache, zone] }),
    ],
    [
      "narrows each of the user's terms",
      requiring({ matchExpressions: [gpu] }, { matchExpressions: [zone] }),
      [cache],
      requiring({ matchExpressions: [gpu, cache] }, { matchExpressions: [zone, cache] }),
    ],
    [
      "leaves an empty term empty, for it matches no node",
      requiring({}, { matchExpressions: [] }, { matchExpressions: [gpu] }),
      [cache],
      requiring({}, { matchExpressions: [] }, { matchExpressions: [gpu, cache] }),
    ],
    [
      "narrows a term of fields only",
      requiring({ matchFields: [byName] }),
      [cache],
      requiring({ matchFields: [byName], matchExpressions: [cache] }),
    ],
    [
      "skips what a term has already",
      requiring({ matchExpressions: [cache, gpu] }, { matchExpressions: [gpu] }),
      [cache, zone],
      requiring({ matchExpressions: [cache, gpu, zone] }, { matchExpressions: [gpu, cache, zone] }),
    ],
    [
      "takes a requirement given twice once",
      undefined,
      [cache, cache],
      requiring({ matchExpressions: [cache] }),
    ],
    [
      "keeps the preferred part",
      preferring(prefer(1, gpu)),
      [cache],
      { ...preferring(prefer(1, gpu)), ...requiring({ matchExpressions: [cache] }) },
    ],
  ])("%s", (_name, affinity, requirements, expected) => {
    const before = structuredClone(affinity);
    expect(requireNodes(affinity, requirements)).toEqual(expected);
    expect(affinity).toEqual(before);
  });

  it.each<[string, NodeAffinity | undefined, NodeSelectorRequirement[]]>([
    ["nothing is required", requiring({ matchExpressions: [gpu] }), []],
    ["nothing is required of no affinity", undefined, []],
    ["all of it is there", requiring({ matchExpressions: [gpu, cache] }), [cache]],
    ["all terms are empty", requiring({}, { matchExpressions: [] }), [cache]],
    ["there are no terms", requiring(), [cache]],
  ])("returns the very same object when %s", (_name, affinity, requirements) => {
    expect(requireNodes(affinity, requirements)).toBe(affinity);
  });
});

describe("unique", () => {
  it("keeps the first of each, in order", () => {
    expect(uniqueRequirements([zone, cache, zone])).toEqual([zone, cache]);
  });

  it("adds up the weights of those that are alike, to 100 at most", () => {
    const given = [prefer(1, zone), prefer(60, cache), prefer(3, zone), prefer(60, cache)];
    expect(sumPreferences(given)).toEqual([prefer(4, zone), prefer(100, cache)]);
    expect(given[0]).toEqual(prefer(1, zone));
  });
});

describe("for any affinity", () => {
  const value = fc.constantFrom("1", "2", "3", "x");
  const requirement = fc.oneof(
    fc.record({
      key: fc.constantFrom("a", "b", "c"),
      operator: fc.constantFrom("In", "NotIn"),
      values: fc.array(value, { minLength: 1, maxLength: 2 }),
    }),
    fc.record({ key: fc.constantFrom("a", "b", "c"), operator: fc.constantFrom("Exists", "DoesNotExist") }),
    fc.record({
      key: fc.constantFrom("a", "b", "c"),
      operator: fc.constantFrom("Gt", "Lt"),
      values: fc.tuple(fc.constantFrom("1", "2", "3")),
    }),
  );
  const field = fc.record({
    key: fc.constant("metadata.name"),
    operator: fc.constantFrom("In", "NotIn"),
    values: fc.tuple(fc.constantFrom("node-1", "node-2")),
  });
  const term = fc.record(
    {
      matchExpressions: fc.array(requirement, { maxLength: 3 }),
      matchFields: fc.array(field, { maxLength: 1 }),
    },
    { requiredKeys: [] },
  );
  const preference = fc.record({ weight: fc.integer({ min: 1, max: 3 }), preference: term });
  const affinity = fc.option(
    fc.record(
      {
        preferredDuringSchedulingIgnoredDuringExecution: fc.array(preference, { maxLength: 3 }),
        requiredDuringSchedulingIgnoredDuringExecution: fc.record({
          nodeSelectorTerms: fc.array(term, { maxLength: 3 }),
        }),
      },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  );
  const node = fc.record({
    name: fc.constantFrom("node-1", "node-2"),
    labels: fc.dictionary(fc.constantFrom("a", "b", "c"), value),
    taints: fc.constant([]),
  });

  it("a node matches the result if and only if it matches the user's terms and every requirement", () => {
    fc.assert(
      fc.property(affinity, fc.array(requirement, { maxLength: 3 }), node, (own, wanted, candidate) => {
        const before = own?.requiredDuringSchedulingIgnoredDuringExecution;
        const after = requireNodes(own, wanted)?.requiredDuringSchedulingIgnoredDuringExecution;
        const matchedBefore = before === undefined || matchesNodeSelector(before, candidate);
        const meetsAll = wanted.every((one) =>
          matchesNodeSelector({ nodeSelectorTerms: [{ matchExpressions: [one] }] }, candidate),
        );
        expect(after === undefined || matchesNodeSelector(after, candidate)).toBe(matchedBefore && meetsAll);
      }),
      { numRuns: 1000 },
    );
  });

  it("requiring and preferring twice is the same as once, and changes nothing that was given", () => {
    fc.assert(
      fc.property(affinity, fc.array(requirement), fc.array(preference), (own, wanted, terms) => {
        const before = structuredClone(own);
        const once = preferNodes(requireNodes(own, wanted), terms);
        expect(preferNodes(requireNodes(once, wanted), terms)).toBe(once);
        expect(own).toEqual(before);
      }),
    );
  });

  it("the user's preferred terms stay in front, as they were", () => {
    fc.assert(
      fc.property(affinity, fc.array(preference), (own, terms) => {
        const before = own?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
        const after = preferNodes(own, terms)?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
        expect(after.slice(0, before.length)).toEqual(before);
      }),
    );
  });
});
