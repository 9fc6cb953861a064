import type { Pod, PreferredSchedulingTerm } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { applySteering } from "../../src/admission/apply-steering.ts";
import { spreadByCache } from "../../src/admission/spread-by-cache.ts";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import type { DatasetVolume } from "../../src/types/dataset-volume.ts";
import { datasetVolume } from "../support/dataset-volume.ts";

function dataset(name: string, nodeLabel: string | undefined): DatasetVolume {
  const known = nodeLabel === undefined ? { withoutNodeLabel: "" } : { nodeLabel };
  return datasetVolume(name, { namespace: "team", locality: { workerRequirements: [], ...known } });
}

const one = dataset("one", "fluid.io/s-team-one");
const two = dataset("two", "fluid.io/s-team-two");

function preferring(...keys: string[]): { preferred: PreferredSchedulingTerm[]; required: [] } {
  const preferred = keys.map((key) => ({
    weight: 100,
    preference: { matchExpressions: [{ key, operator: "In", values: ["true"] }] },
  }));
  return { preferred, required: [] };
}

function podOf(labels: Record<string, string>, spec: Partial<NonNullable<Pod["spec"]>> = {}): Pod {
  return { metadata: { labels }, spec: { containers: [], ...spec } };
}

function soft(topologyKey: string, matchLabels?: Record<string, string>): object {
  const selector = matchLabels === undefined ? {} : { labelSelector: { matchLabels } };
  return { maxSkew: 1, topologyKey, whenUnsatisfiable: "ScheduleAnyway", ...selector };
}

describe("spreading by the cache", () => {
  it.each([
    ["a Deployment", { "pod-template-hash": "5d8" }],
    ["a StatefulSet", { "controller-revision-hash": "db-5d8" }],
    ["a Job", { "batch.kubernetes.io/controller-uid": "5d8" }],
  ])("is among its nodes for the pods of %s", (_name, siblings) => {
    const { spread, findings } = spreadByCache(
      podOf({ app: "x", ...siblings }),
      [one],
      preferring("fluid.io/s-team-one"),
    );
    expect(spread).toEqual([soft("fluid.io/s-team-one", siblings), soft("kubernetes.io/hostname", siblings)]);
    expect(findings.map(({ code }) => code)).toEqual(["cache-before-spreading"]);
  });

  it("is by the labels of the caches alone for a pod that nobody controls", () => {
    const { spread } = spreadByCache(
      podOf({ app: "x" }),
      [one, two],
      preferring("fluid.io/s-team-one", "fluid.io/s-team-two"),
    );
    expect(spread).toEqual([soft("fluid.io/s-team-one"), soft("fluid.io/s-team-two")]);
  });

  it.each([
    ["that no node carries", [one], preferring()],
    ["that there is none of", [dataset("thin", undefined)], preferring("topology.kubernetes.io/zone")],
  ])("is not by a label %s", (_name, datasets, steering) => {
    expect(spreadByCache(podOf({}), datasets, steering)).toEqual({ spread: [], findings: [] });
  });

  it("leaves a pod as it is that says itself how it is spread, and tells", () => {
    const own = {
      maxSkew: 1,
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "DoNotSchedule",
    };
    const { spread, findings } = spreadByCache(
      podOf({}, { topologySpreadConstraints: [own] }),
      [one],
      preferring("fluid.io/s-team-one"),
    );
    expect(spread).toEqual([]);
    expect(findings.map(({ code }) => code)).toEqual(["spreading-stated"]);
  });

  it("is put into the pod once", () => {
    const pod = podOf({ "pod-template-hash": "5d8" });
    const steering = preferring("fluid.io/s-team-one");
    const editor = new PodEditor(pod);
    applySteering(editor, { ...steering, ...spreadByCache(pod, [one], steering) });
    expect(editor.pod.spec?.topologySpreadConstraints).toHaveLength(2);
    expect(editor.pod.spec?.affinity).toEqual({
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: steering.preferred },
    });
    expect(spreadByCache(editor.pod, [one], steering)).toEqual({ spread: [], findings: [] });
  });
});
