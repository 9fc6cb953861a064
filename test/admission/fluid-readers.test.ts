import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { decidePod, optedInCluster, podWith } from "../support/decide-pod.ts";
import { fluidDataset } from "../support/fluid-dataset.ts";

const metered = fluidDataset("jindo", "jindo");
const cluster = optedInCluster([
  fluidDataset("data"),
  { ...metered, runtime: { ...metered.runtime, metricsScrapeTarget: "Sidecar" } },
]);

function served(sidecar: "native" | "classic", spec: Partial<NonNullable<Pod["spec"]>> = {}): Pod {
  return decidePod(podWith(["data", "jindo"], spec), cluster, { sidecar }).pod;
}

/**
 * Whether Fluid's application controller would unmount in the pod: all that is no client has ended, and all clients run.
 * (Fluid: pkg/ctrl/watch/pod.go; it goes by the names of spec.containers.)
 */
function wouldUnmount({ metadata, spec }: Pod, ended: readonly string[]): boolean {
  if (metadata?.labels?.["done.sidecar.fluid.io/inject"] !== "true" || spec?.restartPolicy === "Always")
    return false;
  const names = spec?.containers.map(({ name }) => name) ?? [];
  const clients = names.filter((name) => name.includes("fluid-fuse"));
  return (
    clients.length > 0 &&
    names.length > 1 &&
    names.every((name) => ended.includes(name) !== clients.includes(name))
  );
}

describe("what Fluid's other controllers, and people, read from a pod", () => {
  it.each(["native", "classic"] as const)("is on a pod with %s sidecars", (sidecar) => {
    const { metadata, spec } = served(sidecar);
    expect(metadata?.labels).toMatchObject({
      "done.sidecar.fluid.io/inject": "true",
      "fluid.io/managed-by": "fluid",
      "dataset-name.sidecar.fluid.io/fluid-fuse-0": "data",
      "dataset-namespace.sidecar.fluid.io/fluid-fuse-0": "default",
      "dataset-name.sidecar.fluid.io/fluid-fuse-1": "jindo",
      "dataset-namespace.sidecar.fluid.io/fluid-fuse-1": "default",
    });
    expect(metadata?.annotations).toMatchObject({
      "fluid.io/datasets-in-use": "data,jindo",
      "prometheus.fuse.fluid.io/scrape": "true",
    });
    const names = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["fluid-fuse-0", "fluid-fuse-1", "app"]));
  });

  it.each(["prometheus.fuse.fluid.io/scrape", "fluid.io/datasets-in-use"])("keeps what is in %s", (key) => {
    const pod = podWith(["data", "jindo"]);
    const own = { ...pod, metadata: { ...pod.metadata, annotations: { [key]: "false" } } };
    const said = decidePod(own, cluster).pod.metadata?.annotations?.[key];
    expect(said).toBe(key.endsWith("in-use") ? "data,false,jindo" : "false");
  });

  it("lets Fluid's application controller unmount in no pod, for nothing in it waits for that", () => {
    const job = { restartPolicy: "Never" };
    expect(wouldUnmount(served("native", job), ["app"])).toBe(false);
    const classic = served("classic", job);
    expect(classic.spec?.containers.map(({ name }) => name)).toContain("sluice-guard");
    expect(wouldUnmount(classic, ["app"])).toBe(false);
    // It would in a pod without the guard, and the supervisor would take that for the client's death.
    const bare = classic.spec?.containers.filter(({ name }) => name !== "sluice-guard") ?? [];
    expect(wouldUnmount({ ...classic, spec: { ...classic.spec, containers: bare } }, ["app"])).toBe(true);
  });
});
