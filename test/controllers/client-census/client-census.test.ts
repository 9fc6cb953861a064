import type { ContainerStatus, Pod } from "kubernetes-types/core/v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isRawObject } from "../../../src/cluster/raw-fields.ts";
import { countRestarts } from "../../../src/controllers/client-census/count-restarts.ts";
import { type InjectedPod, readInjectedPod } from "../../../src/controllers/client-census/injected-pod.ts";
import { type CensusFacts, takeCensus } from "../../../src/controllers/client-census/take-census.ts";
import { startControllers } from "../../support/controllers.ts";
import { forbidden } from "../../support/fake-api-faults.ts";
import type { FakeApiServer } from "../../support/fake-api-server.ts";
import { injected, mounting } from "../../support/finishing-pod.ts";
import { fluidDataset } from "../../support/fluid-dataset.ts";
import { Closing, startApi } from "../../support/live-cluster.ts";
import { eventually } from "../../support/node-sandbox.ts";

const at = "2026-01-01T00:01:00Z";
const running = { running: { startedAt: at } };
const killed = (finishedAt: string) => ({ terminated: { exitCode: 137, reason: "OOMKilled", finishedAt } });

const data = { name: "data", persistentVolumeClaim: { claimName: "data" } };
const sidecars = injected(
  { containers: [mounting("app", "data")], volumes: [data] },
  {},
  [fluidDataset("data")],
  { sidecar: "native" },
);

/** The pod of that name with its clients running on a node, apart from what is told of the client. */
function pod(
  name: string,
  { client = {}, node = "node-a" }: { client?: Partial<ContainerStatus>; node?: string } = {},
): Pod {
  const status = (container: string, differs: Partial<ContainerStatus> = {}): ContainerStatus => ({
    name: container,
    image: "",
    imageID: "",
    ready: true,
    started: true,
    restartCount: 0,
    state: running,
    ...differs,
  });
  return {
    ...sidecars,
    metadata: { ...sidecars.metadata, name, namespace: "default", uid: `uid-${name}` },
    spec: { containers: [], ...sidecars.spec, nodeName: node },
    status: {
      phase: "Running",
      initContainerStatuses: [status("sluice-guard"), status("fluid-fuse-0", client)],
      containerStatuses: [status("app")],
    },
  };
}

function read(raw: unknown): InjectedPod {
  const found = isRawObject(raw) ? readInjectedPod(raw) : undefined;
  if (found === undefined) throw new Error("no injected pod");
  return found;
}

describe("an injected pod", () => {
  it("is read with its clients, their datasets and its node", () => {
    expect(read(pod("a"))).toEqual({
      uid: "uid-a",
      node: "node-a",
      platform: "kubernetes",
      clients: [
        {
          container: "fluid-fuse-0",
          dataset: "default/data",
          state: "serving",
          code: "serves",
          restarts: 0,
          oomKilledAt: undefined,
          trouble: undefined,
          lastEnd: undefined,
        },
      ],
    });
  });

  const annotated = (status: string | undefined): Pod => {
    const { "sluice.io/status": _status, ...others } = pod("a").metadata?.annotations ?? {};
    const annotations = status === undefined ? others : { ...others, "sluice.io/status": status };
    return { ...pod("a"), metadata: { ...pod("a").metadata, annotations } };
  };

  it.each([
    ["a pod that has ended", { ...pod("a"), status: { phase: "Succeeded" } }],
    ["one without the annotation", annotated(undefined)],
    ["one without clients", { ...annotated("{}"), spec: { containers: [{ name: "app" }] } }],
    ["what is no pod", { metadata: { annotations: { "sluice.io/status": "{}" } }, spec: { containers: 3 } }],
  ])("is not %s", (_words, raw) => {
    expect(readInjectedPod(JSON.parse(JSON.stringify(raw)))).toBeUndefined();
  });

  it.each([
    ["{", undefined],
    ["null", undefined],
    ['{"platform":7}', undefined],
    ['{"platform":"eci"}', "eci"],
  ])("with the annotation %s is for platform %s", (annotation, platform) => {
    expect(read(annotated(annotation)).platform).toBe(platform);
  });
});

describe("the census", () => {
  const facts: CensusFacts = {
    dataset: (name) =>
      new Map([
        ["default/data", { uid: "1", runtime: "alluxio", refersTo: undefined }],
        ["default/thin", { uid: "2", runtime: "thin", refersTo: undefined }],
        ["default/own", { uid: "3", runtime: "self-made", refersTo: undefined }],
        ["default/new", { uid: "4", runtime: "", refersTo: undefined }],
        ["team/reference", { uid: "5", runtime: "thin", refersTo: "default/data" }],
        ["team/loop", { uid: "6", runtime: "thin", refersTo: "team/loop" }],
      ]).get(name),
    caches: (node) =>
      new Map([
        ["warm", new Set(["fluid.io/s-default-data"])],
        ["cold", new Set<string>()],
      ]).get(node),
    platforms: new Set(["kubernetes", "eci"]),
  };
  const client = read(pod("a")).clients;
  const onNode = (dataset: string | undefined, node?: string, platform = "kubernetes"): InjectedPod => ({
    uid: "u",
    node,
    platform,
    clients: client.map((one) => ({ ...one, dataset })),
  });

  it.each([
    ["default/data", "alluxio"],
    ["default/own", "other"],
    ["default/new", "unknown"],
    ["default/gone", "unknown"],
    ["team/reference", "alluxio"],
    ["team/loop", "unknown"],
    [undefined, "juicefs"],
  ])("counts a client of %s under runtime %s", (dataset, runtime) => {
    expect(takeCensus([onNode(dataset)], facts).clients).toEqual([
      { state: "serving", reason: "serves", runtime, platform: "kubernetes", count: 1 },
    ]);
  });

  it.each([
    ["eci", "eci"],
    ["<script>", "other"],
    [undefined, "unknown"],
  ])("counts platform %s as %s, so that no pod makes a series of its own", (platform, counted) => {
    const one = { ...onNode("default/data"), platform };
    expect(takeCensus([one], facts).clients.map((found) => found.platform)).toEqual([counted]);
  });

  it.each([
    ["default/data", "warm", "on"],
    ["default/data", "cold", "off"],
    ["team/reference", "warm", "on"],
    ["default/data", "gone", "unknown"],
    ["default/data", undefined, "unknown"],
    ["default/thin", "warm", "unknown"],
    [undefined, "warm", "unknown"],
  ])("has a pod of %s on node %s %s its cache", (dataset, node, place) => {
    const none = { on: 0, off: 0, unknown: 0 };
    expect(takeCensus([onNode(dataset, node)], facts).pods).toEqual({ ...none, [place]: 1 });
  });

  it("has a pod off its cache when the node lacks one of several", () => {
    const [one] = client;
    if (one === undefined) throw new Error("no client");
    const both = { ...onNode("default/data", "warm"), clients: [one, { ...one, dataset: "default/own" }] };
    const withOwn: CensusFacts = {
      ...facts,
      dataset: (name) => ({ uid: "", runtime: "alluxio", refersTo: undefined, name }),
    };
    expect(takeCensus([both], withOwn).pods).toEqual({ on: 0, off: 1, unknown: 0 });
  });
});

describe("restarts", () => {
  const told = () => {
    const events: string[] = [];
    const tell = countRestarts({
      onRestarts: (_pod, { container }, times) => events.push(`${container} ${times}`),
      onOomKill: (_pod, { container }) => events.push(`${container} oom`),
    });
    return { events, see: (found: Pod | undefined) => tell("default/a", found && read(found)) };
  };

  it("are told as they happen, each once", () => {
    const { events, see } = told();
    see(pod("a"));
    see(pod("a", { client: { restartCount: 2 } }));
    see(pod("a", { client: { restartCount: 2, ready: false } }));
    see(pod("a", { client: { restartCount: 3, lastState: killed(at) } }));
    see(pod("a", { client: { restartCount: 3, lastState: killed(at) } }));
    see(pod("a", { client: { restartCount: 4, lastState: killed("2026-01-01T00:02:00Z") } }));
    const once = "fluid-fuse-0 1";
    expect(events).toEqual(["fluid-fuse-0 2", once, "fluid-fuse-0 oom", once, "fluid-fuse-0 oom"]);
  });

  it("from before a pod was first seen, and of another pod of its name, are not", () => {
    const { events, see } = told();
    see(pod("a", { client: { restartCount: 7, lastState: killed(at) } }));
    see({ ...pod("a", { client: { restartCount: 9 } }), metadata: { ...pod("a").metadata, uid: "other" } });
    see(undefined);
    see(pod("a", { client: { restartCount: 11 } }));
    expect(events).toEqual([]);
  });
});

describe("the controllers' page of metrics", () => {
  const closing = new Closing();
  let api: FakeApiServer;
  beforeEach(async () => {
    api = await startApi(closing);
  });
  afterEach(() => closing.all());

  const put = (name: string, told?: Parameters<typeof pod>[1]) => {
    const { metadata, ...rest } = pod(name, told);
    api.store.put("pods", { ...rest, metadata: { ...metadata, name } });
  };
  const node = (name: string, labels: Record<string, string>) =>
    api.store.put("nodes", { apiVersion: "v1", kind: "Node", metadata: { name, labels } });
  const dataset = () =>
    api.store.put("datasets", {
      apiVersion: "data.fluid.io/v1alpha1",
      kind: "Dataset",
      metadata: { name: "data", namespace: "default" },
      status: { runtimes: [{ type: "alluxio" }] },
    });
  const serving = 'sluice_clients{state="serving",reason="serves",runtime="alluxio",platform="kubernetes"}';
  const page = async (running: Awaited<ReturnType<typeof startControllers>>, line: string) =>
    eventually(line, async () => (await running.metrics()).split("\n").includes(line));

  it("counts clients and pods as they come, restart and go", async () => {
    dataset();
    node("node-a", { "fluid.io/s-default-data": "true" });
    node("node-b", {});
    put("one");
    put("two", { node: "node-b" });
    const running = await startControllers(closing, api);
    await page(running, `${serving} 2`);
    await page(running, 'sluice_injected_pods{cache="on"} 1');
    await page(running, 'sluice_injected_pods{cache="off"} 1');
    put("one", { client: { restartCount: 1, lastState: killed(at) } });
    await page(running, 'sluice_client_restarts_total{runtime="alluxio",platform="kubernetes"} 1');
    await page(running, 'sluice_client_oom_kills_total{runtime="alluxio",platform="kubernetes"} 1');
    api.store.delete("pods", "one", "default");
    await page(running, 'sluice_injected_pods{cache="on"} 0');
    api.store.delete("pods", "two", "default");
    await eventually("no client is left", async () => !(await running.metrics()).includes("sluice_clients{"));
  });

  it("tells nothing of clients where nodes cannot be read, and names the right", async () => {
    api.fail({ resource: "nodes" }, forbidden);
    put("one");
    const running = await startControllers(closing, api);
    await eventually("it is told", () =>
      running.problems.some((one) => one.startsWith("nodes: cannot list")),
    );
    expect(await running.metrics()).not.toContain("sluice_clients{");
  });
});
