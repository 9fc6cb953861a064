import fc from "fast-check";
import { applyPatch } from "fast-json-patch";
import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { arbitraryHalfMadeCluster, completeCluster } from "../support/arbitrary-cluster.ts";
import { arbitraryPod } from "../support/arbitrary-pod.ts";
import { codesOf, decidePod, optedInCluster, podWith } from "../support/decide-pod.ts";
import { fluidDataset } from "../support/fluid-dataset.ts";

const data = fluidDataset("data");
const cluster = optedInCluster([data]);
const csi = { mode: "csi" as const };

describe("in csi mode", () => {
  it("the claim stays, its mounts follow the node, and the pod is steered and marked as a user", () => {
    const pod = podWith(["data"]);
    const decision = decidePod(pod, cluster, csi);
    expect(decision).toMatchObject({
      verdict: "injected",
      mode: "csi",
      volumes: [{ volume: "data", code: "left-to-csi", dataset: "default/data" }],
    });
    expect(decision.pod.spec?.volumes).toBe(pod.spec?.volumes);
    expect(decision.pod.spec?.initContainers).toBeUndefined();
    expect(decision.pod.spec?.containers[0]?.volumeMounts).toEqual([
      { name: "data", mountPath: "/data", mountPropagation: "HostToContainer" },
    ]);
    expect(decision.pod.metadata?.annotations).toEqual({ "fluid.io/datasets-in-use": "data" });
    expect(decision.pod.metadata?.labels).toBeUndefined();
    expect(codesOf(decision)).toEqual(expect.arrayContaining(["cache-preferred", "left-to-csi"]));
  });

  it("no client is looked for", () => {
    const bare = optedInCluster([data], { clientDaemonSets: [], persistentVolumes: [] });
    expect(decidePod(podWith(["data"]), bare, csi).verdict).toBe("injected");
  });

  it("a problem is a warning beside what can be done", () => {
    const decision = decidePod(podWith(["data", "gone"]), cluster, csi);
    expect(decision.verdict).toBe("injected");
    expect(decision.volumes.map(({ code }) => code)).toEqual(["left-to-csi", "claim-not-found"]);
    expect(decision.findings[0]?.code).toBe("claim-not-found");
  });

  it.each<[string, Pod, string]>([
    ["only problems", podWith(["gone"]), "claim-not-found"],
    ["no datasets", podWith([]), "no-dataset"],
  ])("a pod with %s is left alone", (_, pod, code) => {
    const decision = decidePod(pod, cluster, csi);
    expect(decision).toMatchObject({ verdict: "unchanged", edits: [] });
    expect(codesOf(decision)).toContain(code);
  });

  it("bad values are refused all the same", () => {
    const pod = { ...podWith(["data"]), metadata: { annotations: { "sluice.io/client-stop": "x" } } };
    expect(decidePod(pod, cluster, csi).verdict).toBe("rejected");
  });

  it("any pod is admitted, by a patch that applies, and is not changed a second time", () => {
    const anyCluster = fc.oneof(fc.constant(completeCluster()), arbitraryHalfMadeCluster);
    fc.assert(
      fc.property(arbitraryPod(), anyCluster, (pod, view) => {
        const asked = {
          ...pod,
          metadata: {
            ...pod.metadata,
            annotations: { ...pod.metadata?.annotations, "sluice.io/mode": "csi" },
          },
        };
        const decision = decidePod(asked, view);
        expect(decision.verdict).not.toBe("rejected");
        const operations = structuredClone(decision.edits.map(({ operation }) => operation));
        expect(applyPatch(structuredClone(asked), operations, true).newDocument).toEqual(decision.pod);
        expect(decision.pod.spec?.volumes).toEqual(pod.spec?.volumes);
        expect(decidePod(decision.pod, view).edits).toEqual([]);
      }),
      { seed: 20261122, numRuns: 300 },
    );
  });
});
