import type { Container, ResourceRequirements } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import {
  isBestEffort,
  isGuaranteed,
  podLevelConflicts,
  sizesWithin,
} from "../../src/pod/quality-of-service.ts";

const both = { cpu: "1", memory: "1Gi" };

function container(resources?: ResourceRequirements): Container {
  return { name: "app", ...(resources && { resources }) };
}

describe("isBestEffort", () => {
  it.each<[string, Container[], Container[], boolean]>([
    ["no resources", [container()], [container()], true],
    ["amounts of zero", [container({ requests: { cpu: "0" } })], [], true],
    ["other resources only", [container({ limits: { "nvidia.com/gpu": "1" } })], [], true],
    ["a limit", [container({ limits: { memory: "1Gi" } })], [], false],
    ["a request of one of two", [container(), container({ requests: { cpu: "1m" } })], [], false],
    ["a request of an init container", [container()], [container({ requests: { cpu: "1m" } })], false],
  ])("%s", (_, containers, initContainers, bestEffort) => {
    expect(isBestEffort({ spec: { containers, initContainers } })).toBe(bestEffort);
  });

  it("heeds what the pod states as a whole", () => {
    const spec: object = { containers: [container()], resources: { requests: { cpu: "1" } } };
    expect(isBestEffort({ spec: { containers: [], ...spec } })).toBe(false);
  });
});

describe("isGuaranteed", () => {
  it.each<[string, Container[], Container[], boolean]>([
    ["requests equal limits", [container({ requests: both, limits: both })], [], true],
    ["only limits, which requests default to", [container({ limits: both })], [], true],
    [
      "equal amounts, written otherwise",
      [container({ requests: { ...both, cpu: "1000m" }, limits: both })],
      [],
      true,
    ],
    ["a request below its limit", [container({ requests: { ...both, cpu: "1m" }, limits: both })], [], false],
    ["no memory limit", [container({ limits: { cpu: "1" } })], [], false],
    ["a limit of zero", [container({ limits: { ...both, cpu: "0" } })], [], false],
    ["no resources", [container()], [], false],
    ["one of two containers", [container({ limits: both }), container()], [], false],
    ["an init container without", [container({ limits: both })], [container()], false],
    ["no container at all", [], [], false],
  ])("%s", (_, containers, initContainers, guaranteed) => {
    expect(isGuaranteed({ spec: { containers, initContainers } })).toBe(guaranteed);
  });
});

describe("sizesWithin", () => {
  const sizes = { requests: { cpu: "5m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } };

  it("raises the requests to the limits in a Guaranteed pod only", () => {
    const guaranteed = { spec: { containers: [container({ limits: both })] } };
    expect(sizesWithin(guaranteed, sizes)).toEqual({ requests: sizes.limits, limits: sizes.limits });
    expect(sizesWithin({ spec: { containers: [container()] } }, sizes)).toBe(sizes);
  });
});

describe("podLevelConflicts", () => {
  const client = container({ requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: "2", memory: "2Gi" } });
  const sidecar = { ...client, restartPolicy: "Always" };
  const podWith = (resources: object | undefined, initContainers: Container[] = [sidecar]) => {
    const spec = { containers: [client], initContainers, ...(resources === undefined ? {} : { resources }) };
    return { spec };
  };

  it.each<[string, object | undefined, string[]]>([
    ["nothing stated", undefined, []],
    ["room for all", { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "2", memory: "4Gi" } }, []],
    ["a limit below a container's", { limits: { cpu: "1" } }, ["cpu limit of 1"]],
    ["requests that add up to more", { requests: { memory: "1Gi" } }, ["memory request of 1Gi"]],
    [
      "both",
      { requests: { cpu: "900m" }, limits: { memory: "1Gi" } },
      ["cpu request of 900m", "memory limit of 1Gi"],
    ],
    ["something unreadable", { requests: { cpu: {} }, limits: null }, []],
  ])("%s", (_, resources, words) => {
    const findings = podLevelConflicts(podWith(resources));
    expect(findings.map(({ code }) => code)).toEqual(words.map(() => "pod-level-resources"));
    for (const [index, word] of words.entries()) expect(findings[index]?.message).toContain(word);
  });

  it("does not count init containers that end before the others start", () => {
    expect(podLevelConflicts(podWith({ requests: { cpu: "500m" } }, [client]))).toEqual([]);
  });
});
