import { describe, expect, it } from "vitest";
import type { FactSource } from "../../../src/cli/live/fact-source.ts";
import { readPodsOf } from "../../../src/cli/live/workload-pods.ts";
import type { RawObject } from "../../../src/cluster/raw-fields.ts";

/** The selector by which a workload's pods are asked for; undefined where nobody is asked. */
async function selectorOf(kind: string, raw: RawObject, jobs: readonly RawObject[] = []) {
  let asked: string | undefined;
  const unused = () => Promise.reject(new Error("is not asked for"));
  const source: FactSource = {
    ask: unused,
    node: unused,
    evidence: unused,
    pods: async (_namespace, selector) => {
      asked = selector;
      return [];
    },
    jobs: async () => jobs,
  };
  await readPodsOf(raw, kind, "demo", source);
  return asked;
}

const job = (name: string, uid?: string): RawObject => ({
  metadata: { name, ...(uid !== undefined && { ownerReferences: [{ kind: "CronJob", uid }] }) },
});

describe("the pods of a workload", () => {
  const expressions = [
    { key: "tier", operator: "In", values: ["a", "b"] },
    { key: "old", operator: "DoesNotExist" },
    { key: "zone", operator: "NotIn", values: ["x"] },
    { key: "team", operator: "Exists" },
  ];

  it.each<[string, RawObject, string | undefined]>([
    ["Deployment", { spec: { selector: { matchLabels: { app: "web", tier: "a" } } } }, "app=web,tier=a"],
    [
      "StatefulSet",
      { spec: { selector: { matchLabels: { app: "web" }, matchExpressions: expressions } } },
      "app=web,tier in (a,b),!old,zone notin (x),team",
    ],
    ["ReplicationController", { spec: { selector: { app: "web" } } }, "app=web"],
    [
      "Job",
      { spec: { selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "1" } } } },
      "batch.kubernetes.io/controller-uid=1",
    ],
    ["Deployment", { spec: {} }, undefined],
    ["Deployment", { spec: { selector: "nonsense" } }, undefined],
  ])("of a %s are asked for by its selector: %j", async (kind, raw, expected) => {
    expect(await selectorOf(kind, raw)).toBe(expected);
  });

  it("of a CronJob are those of its own Jobs", async () => {
    const raw = { metadata: { uid: "cron-1" } };
    const jobs = [
      job("nightly-1", "cron-1"),
      job("other", "cron-2"),
      job("bare"),
      job("nightly-2", "cron-1"),
    ];
    expect(await selectorOf("CronJob", raw, jobs)).toBe(
      "batch.kubernetes.io/job-name in (nightly-1,nightly-2)",
    );
    expect(await selectorOf("CronJob", raw, [])).toBeUndefined();
  });
});
