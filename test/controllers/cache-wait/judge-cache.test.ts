import { describe, expect, it } from "vitest";
import type { RawObject } from "../../../src/cluster/raw-fields.ts";
import {
  type DataLoadState,
  type DatasetState,
  readDataLoadState,
  readDatasetState,
} from "../../../src/controllers/cache-wait/dataset-state.ts";
import { judgeCache } from "../../../src/controllers/cache-wait/judge-cache.ts";
import type { CacheWait } from "../../../src/pod/cache-gate.ts";

const created = 1_000_000;
const share: CacheWait = { share: 80, limitSeconds: 60, otherwise: "start", datasets: ["a/one"] };
const load: CacheWait = { limitSeconds: 60, otherwise: "start", datasets: ["a/one"] };

type Datasets = Readonly<Record<string, Partial<DatasetState>>>;
type Loads = readonly Partial<DataLoadState>[];

function judge(
  wait: CacheWait,
  datasets: Datasets,
  loads: Loads = [],
  afterMs = 1_000,
  unlessStated: "allow" | "refuse" = "allow",
) {
  const all = loads.map((one) => ({ dataset: "a/one", name: "load", phase: "", created: 0, ...one }));
  return judgeCache(
    wait,
    created,
    {
      dataset: (name) =>
        datasets[name]
          ? { cached: undefined, refersTo: undefined, referableFrom: undefined, ...datasets[name] }
          : undefined,
      dataLoads: (name) => all.filter(({ dataset }) => dataset === name),
      references: { unlessStated },
    },
    created + afterMs,
  );
}

describe("a share of the data", () => {
  it.each<[string, Datasets, string, string]>([
    ["less", { "a/one": { cached: 79.9 } }, "cold", "Dataset a/one is cached to 79.9% of the 80% wanted"],
    ["as much", { "a/one": { cached: 80 } }, "warm", "Dataset a/one is cached to 80%"],
    ["not told", { "a/one": {} }, "cold", "Dataset a/one does not say how much of it is cached"],
    ["no Dataset", {}, "cold", "Dataset a/one does not exist"],
  ])("%s", (_words, datasets, state, why) => {
    expect(judge(share, datasets)).toMatchObject({ state, why });
  });

  it("is needed of every Dataset, and only the cold ones are told", () => {
    const both = { ...share, datasets: ["a/one", "b/two"] };
    const judged = judge(both, { "a/one": { cached: 90 }, "b/two": { cached: 10 } });
    expect(judged).toMatchObject({ state: "cold", why: "Dataset b/two is cached to 10% of the 80% wanted" });
    expect(judge(both, { "a/one": { cached: 90 }, "b/two": { cached: 100 } })).toMatchObject({
      state: "warm",
    });
  });
});

describe("a DataLoad", () => {
  const known: Datasets = { "a/one": {} };
  it.each<[string, Loads, string, string]>([
    ["none", [], "cold", "Dataset a/one has no DataLoad"],
    ["not begun", [{}], "cold", "DataLoad load of Dataset a/one is not begun"],
    ["at work", [{ phase: "Executing" }], "cold", "DataLoad load of Dataset a/one is executing"],
    ["failed", [{ phase: "Failed" }], "cold", "DataLoad load of Dataset a/one is failed"],
    ["complete", [{ phase: "Complete" }], "warm", "DataLoad load of Dataset a/one is complete"],
    [
      "of another Dataset",
      [{ phase: "Complete", dataset: "a/two" }],
      "cold",
      "Dataset a/one has no DataLoad",
    ],
    [
      "a newer one at work",
      [
        { phase: "Complete", created: 1 },
        { phase: "Executing", created: 2, name: "again" },
      ],
      "cold",
      "DataLoad again of Dataset a/one is executing",
    ],
    [
      "a newer one complete after one that failed",
      [
        { phase: "Complete", created: 2, name: "again" },
        { phase: "Failed", created: 1 },
      ],
      "warm",
      "DataLoad again of Dataset a/one is complete",
    ],
  ])("%s", (_words, loads, state, why) => {
    expect(judge(load, known, loads)).toMatchObject({ state, why });
  });

  it("is looked for at the Dataset that is referred to, also in a circle", () => {
    const loads = [{ dataset: "b/two", phase: "Complete" }];
    expect(judge(load, { "a/one": { refersTo: "b/two" }, "b/two": {} }, loads)).toMatchObject({
      state: "warm",
    });
    const referring = { "a/one": { refersTo: "b/two" }, "b/two": {} };
    const why = "the DataLoad of what Dataset a/one refers to is executing";
    expect(judge(load, referring, [{ dataset: "b/two", phase: "Executing" }])).toMatchObject({ why });
    const circle = { "a/one": { refersTo: "b/two" }, "b/two": { refersTo: "a/one" } };
    expect(judge(load, circle)).toMatchObject({ state: "cold" });
  });

  it.each<[string, string | undefined, "allow" | "refuse", "warm" | "cold"]>([
    ["says nothing, and that is enough", undefined, "allow", "warm"],
    ["says nothing, and that is not enough", undefined, "refuse", "cold"],
    ["names others", "c, d", "allow", "cold"],
    ["names nobody", "", "allow", "cold"],
    ["names the pod's namespace", "c, a", "refuse", "warm"],
    ["permits everybody", "*", "refuse", "warm"],
  ])("of a Dataset whose owner %s", (_words, referableFrom, unlessStated, state) => {
    const datasets = { "a/one": { refersTo: "b/two" }, "b/two": { referableFrom } };
    const loads = [{ dataset: "b/two", phase: "Complete" }];
    const judged = judge(load, datasets, loads, 1_000, unlessStated);
    expect(judged.state).toBe(state);
    if (state === "cold")
      expect(judged.why).toBe("what Dataset a/one refers to may not be referred to from namespace a");
  });

  it("needs the consent of each owner on the way", () => {
    const datasets = {
      "a/one": { refersTo: "b/two" },
      "b/two": { refersTo: "c/three" },
      "c/three": { referableFrom: "b" },
    };
    const loads = [{ dataset: "c/three", phase: "Complete" }];
    expect(judge(load, datasets, loads).state).toBe("cold");
    expect(judge(load, { ...datasets, "c/three": { referableFrom: "a" } }, loads).state).toBe("warm");
  });
});

it("waits no longer than its limit, and says how long is left until then", () => {
  const cold = { "a/one": { cached: 1 } };
  expect(judge(share, cold, [], 1_000)).toMatchObject({ state: "cold", leftMs: 59_000 });
  expect(judge(share, cold, [], 60_000)).toEqual({
    state: "late",
    why: "after 60 s still Dataset a/one is cached to 1% of the 80% wanted",
  });
  expect(judge(share, { "a/one": { cached: 80 } }, [], 3_600_000)).toMatchObject({ state: "warm" });
});

describe("what Fluid says", () => {
  const dataset = (cachedPercentage: unknown): RawObject => ({
    status: { cacheStates: { cachedPercentage } },
  });
  it.each([
    ["35.2%", 35.2],
    ["35.20 %", 35.2],
    ["100.0%", 100],
    ["0%", 0],
    ["N/A", undefined],
    ["", undefined],
    ["1000%", undefined],
    [35, undefined],
    [undefined, undefined],
  ])("cachedPercentage %j", (text, cached) => {
    expect(readDatasetState(dataset(text))).toEqual({
      cached,
      refersTo: undefined,
      referableFrom: undefined,
    });
  });

  it.each([
    ["dataset://b/two", "b/two"],
    ["dataset://b/two/part/of/it", "b/two"],
    ["dataset://b", undefined],
    ["s3://b/two", undefined],
    [7, undefined],
  ])("mountPoint %j", (mountPoint, refersTo) => {
    expect(readDatasetState({ spec: { mounts: [{ mountPoint }] } }).refersTo).toBe(refersTo);
  });

  it("a Dataset with further mounts refers to none, and its owner's word is read", () => {
    const mounts = [{ mountPoint: "dataset://b/two" }, { mountPoint: "s3://bucket" }];
    expect(readDatasetState({ spec: { mounts } }).refersTo).toBeUndefined();
    const annotations = { "sluice.io/referable-from": "a" };
    expect(readDatasetState({ metadata: { annotations } }).referableFrom).toBe("a");
  });

  it("a DataLoad's Dataset is in its own namespace unless it says otherwise", () => {
    const place = { namespace: "a", name: "load" };
    const metadata = { creationTimestamp: "2026-01-01T00:00:00Z" };
    expect(
      readDataLoadState(
        { metadata, spec: { dataset: { name: "one" } }, status: { phase: "Pending" } },
        place,
      ),
    ).toEqual({
      dataset: "a/one",
      name: "load",
      phase: "Pending",
      created: Date.parse("2026-01-01T00:00:00Z"),
    });
    expect(readDataLoadState({ spec: { dataset: { name: "one", namespace: "b" } } }, place)).toMatchObject({
      dataset: "b/one",
      phase: "",
      created: 0,
    });
    expect(readDataLoadState({ spec: {} }, place)).toBeUndefined();
  });
});
