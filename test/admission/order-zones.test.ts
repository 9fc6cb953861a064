import type { NodeSelectorRequirement, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { orderZones } from "../../src/admission/order-zones.ts";
import { parseConfig } from "../../src/config.ts";
import type { Platform } from "../../src/platforms/platform.ts";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import type { DatasetVolume } from "../../src/types/dataset-volume.ts";
import { datasetVolume } from "../support/dataset-volume.ts";

const vswitches = "k8s.aliyun.com/eci-vswitch";
const strategy = "k8s.aliyun.com/eci-schedule-strategy";

function platformWith(byZone: Readonly<Record<string, string>>, part: object = {}): Platform {
  const { platforms } = parseConfig({ platforms: { eci: { zones: { byZone }, ...part } } });
  const platform = platforms.byName.get("eci");
  if (platform === undefined) throw new Error("no platform eci");
  return platform;
}

const inZones = (...values: string[]): NodeSelectorRequirement => ({
  key: "topology.kubernetes.io/zone",
  operator: "In",
  values,
});

function dataset(...workerRequirements: NodeSelectorRequirement[]): DatasetVolume {
  return datasetVolume("data", { runtime: "alluxio", locality: { workerRequirements } });
}

const three = platformWith({ a: "vsw-a", b: "vsw-b", c: "vsw-c" });

function annotationsFor(
  datasets: readonly DatasetVolume[],
  platform = three,
  choice: Parameters<typeof orderZones>[3] = "preferred",
  metadata: Pod["metadata"] = {},
) {
  const editor = new PodEditor({ metadata, spec: { containers: [] } });
  const findings = orderZones(editor, platform, datasets, choice);
  return { annotations: editor.pod.metadata?.annotations, codes: findings.map(({ code }) => code) };
}

describe("orderZones", () => {
  it.each<[string, DatasetVolume[], string]>([
    ["the zone of a cache first, the others behind it", [dataset(inZones("b"))], "vsw-b,vsw-a,vsw-c"],
    ["the zones of two caches", [dataset(inZones("c")), dataset(inZones("b", "c"))], "vsw-c,vsw-b,vsw-a"],
    ["no zone that has no place", [dataset(inZones("z", "c"))], "vsw-c,vsw-a,vsw-b"],
  ])("names %s", (_name, datasets, places) => {
    const { annotations, codes } = annotationsFor(datasets);
    expect(annotations).toEqual({ [vswitches]: places, [strategy]: "VSwitchOrdered" });
    expect(codes).toEqual(["zones-ordered"]);
  });

  it("names these zones alone where the cache is required", () => {
    const { annotations } = annotationsFor([dataset(inZones("b"))], three, "required");
    expect(annotations?.[vswitches]).toBe("vsw-b");
  });

  it.each<[string, Parameters<typeof annotationsFor>]>([
    ["a cache in no zone", [[dataset()]]],
    ["a cache kept out of a zone", [[dataset({ ...inZones("a"), operator: "NotIn" })]]],
    ["zones without places", [[dataset(inZones("z"))]]],
    ["a zone named like a method", [[dataset(inZones("constructor"))]]],
    ["no places at all", [[dataset(inZones("a"))], platformWith({})]],
    ["a pod that wants no steering", [[dataset(inZones("a"))], three, "none"]],
    [
      "nodes that heed affinity",
      [[dataset(inZones("a"))], platformWith({ a: "x" }, { nodeAffinity: "heard" })],
    ],
  ])("says nothing for %s", (_name, args) => {
    expect(annotationsFor(...args)).toEqual({ annotations: undefined, codes: [] });
  });

  it("leaves a pod where it wants to be", () => {
    const own = { [vswitches]: "vsw-own" };
    const { annotations, codes } = annotationsFor([dataset(inZones("a"))], three, "preferred", {
      annotations: own,
    });
    expect(annotations).toEqual(own);
    expect(codes).toEqual([]);
  });
});
