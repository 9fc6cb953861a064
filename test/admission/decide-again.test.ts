import type { Container, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { parseSupervisorCommand } from "../../src/pod/client-commands.ts";
import { fillIn } from "../support/api-server-model.ts";
import { bareDataset, nestedDataset, writableDataset } from "../support/dataset-zoo.ts";
import { codesOf, decidePod, optedInCluster, podWith } from "../support/decide-pod.ts";
import { fluidDataset } from "../support/fluid-dataset.ts";
import { orderProblems, startOrder } from "../support/pod-facts.ts";

const cluster = optedInCluster([
  writableDataset("data"),
  fluidDataset("images", "alluxio"),
  bareDataset("bare"),
  nestedDataset("nested", "data"),
]);

function injected(pod: Pod): Pod {
  const decision = decidePod(fillIn(pod), cluster);
  expect(decision.verdict).toBe("injected");
  return fillIn(decision.pod);
}

const namesIn = (pod: Pod) => pod.spec?.initContainers?.map((container) => container.name);
const mounts = (name: string, volume: string, parts: object = {}): Container => ({
  name,
  volumeMounts: [{ name: volume, mountPath: "/late", ...parts }],
});

/** The pod with a container at the front of its init containers or at the end of its containers, and perhaps a volume. */
function withLate(pod: Pod, init: Container[], late: Container[], claim?: string): Pod {
  const added = claim === undefined ? [] : [{ name: claim, persistentVolumeClaim: { claimName: claim } }];
  return {
    ...pod,
    spec: {
      ...pod.spec,
      initContainers: [...init, ...(pod.spec?.initContainers ?? [])],
      containers: [...(pod.spec?.containers ?? []), ...late],
      volumes: [...(pod.spec?.volumes ?? []), ...added],
    },
  };
}

describe("a pod that comes back as it was", () => {
  it.each([["data"], ["bare"], ["nested"], ["images"]])("is not changed (%s)", (claim) => {
    const second = decidePod(injected(podWith([claim])), cluster);
    expect(second.edits).toEqual([]);
    expect(second).toMatchObject({ verdict: "unchanged", mode: "sidecar", sidecar: "native" });
    expect(second.volumes[0]).toMatchObject({ volume: claim, code: "already-injected" });
    expect(codesOf(second)).toContain("already-injected");
  });

  it("is not changed where its clients are classic", () => {
    const first = decidePod(fillIn(podWith(["data"])), cluster, { sidecar: "classic" });
    expect(decidePod(fillIn(first.pod), cluster, { sidecar: "classic" }).edits).toEqual([]);
  });

  it("does not trust its marks: without them it is not changed, either", () => {
    const pod = injected(podWith(["data"]));
    const second = decidePod({ ...pod, metadata: { name: "train" } }, cluster);
    expect(second.volumes[0]?.code).toBe("already-injected");
    expect(second.edits).toEqual([]);
  });

  it("keeps a client of another version as it is", () => {
    const pod = injected(podWith(["data"]));
    const initContainers = pod.spec?.initContainers?.map((container) => ({
      ...container,
      image: "other:2",
      command: container.command?.map((word, index) => (index === 2 ? "# another script" : word)) ?? [],
    }));
    expect(
      decidePod(
        { ...pod, spec: { containers: [], ...pod.spec, initContainers: initContainers ?? [] } },
        cluster,
      ).edits,
    ).toEqual([]);
  });
});

describe("a container that came between", () => {
  it("is shown the view that is there", () => {
    const second = decidePod(withLate(injected(podWith(["data"])), [], [mounts("late", "data")]), cluster);
    expect(startOrder(second.pod).at(-1)?.volumeMounts?.[0]).toMatchObject({
      subPath: "view-0",
      mountPropagation: "HostToContainer",
    });
    expect(second.edits).toHaveLength(2);
  });

  it("gets a further view from the client", () => {
    const late = mounts("late", "data", { subPath: "a", readOnly: true });
    const second = decidePod(withLate(injected(podWith(["data"])), [], [late]), cluster);
    const client = startOrder(second.pod).find(({ name }) => name === "fluid-fuse-0");
    expect(parseSupervisorCommand(client?.command)?.views[1]).toEqual({
      path: "/sluice/views/data/view-1",
      source: "a",
      readOnly: true,
    });
    expect(decidePod(second.pod, cluster).edits).toEqual([]);
  });

  it("is moved behind the client when it is an init container, its order kept", () => {
    const init = [mounts("one", "data"), mounts("two", "data"), { name: "other" }];
    const second = decidePod(withLate(injected(podWith(["data"])), init, []), cluster);
    expect(namesIn(second.pod)).toEqual(["other", "sluice-guard", "fluid-fuse-0", "one", "two"]);
    expect(decidePod(second.pod, cluster).edits).toEqual([]);
  });

  it("is refused where nothing serves it, as on a first call", () => {
    const late = mounts("late", "data", { subPath: "../x" });
    const second = decidePod(withLate(injected(podWith(["data"])), [], [late]), cluster);
    expect(second).toMatchObject({ verdict: "rejected", edits: [] });
  });
});

describe("a dataset that came between", () => {
  it("gets a client behind the guard that is there, which watches it, too", () => {
    const late = withLate(
      injected(podWith(["data"])),
      [mounts("early", "images")],
      [mounts("late", "images")],
      "images",
    );
    const second = decidePod(late, cluster);
    expect(namesIn(second.pod)).toEqual(["sluice-guard", "fluid-fuse-1", "early", "fluid-fuse-0"]);
    expect(orderProblems(second.pod)).toEqual([]);
    expect(startOrder(second.pod)[0]?.command?.slice(4)).toEqual([
      "/sluice/views/data",
      "/sluice/views/images",
    ]);
    expect(second.volumes.map(({ code }) => code).filter((code) => code !== "not-a-claim")).toEqual([
      "already-injected",
      "injected",
    ]);
    expect(JSON.parse(second.pod.metadata?.annotations?.["sluice.io/status"] ?? "{}").clients).toEqual({
      data: "fluid-fuse-0",
      images: "fluid-fuse-1",
    });
    expect(second.pod.metadata?.annotations?.["fluid.io/datasets-in-use"]).toBe("data,images");
    expect(decidePod(fillIn(second.pod), cluster).edits).toEqual([]);
  });
});
