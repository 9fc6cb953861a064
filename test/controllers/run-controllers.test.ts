import type { Pod } from "kubernetes-types/core/v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endAnnotation } from "../../src/pod/end-sign.ts";
import { startControllers } from "../support/controllers.ts";
import { after, answering, forbidden, reset } from "../support/fake-api-faults.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import type { ApiObject } from "../support/fake-api-store.ts";
import { injected, mounting, type States, withStatus } from "../support/finishing-pod.ts";
import { Closing, startApi } from "../support/live-cluster.ts";
import { eventually } from "../support/node-sandbox.ts";

const closing = new Closing();
let api: FakeApiServer;
beforeEach(async () => {
  api = await startApi(closing);
});
afterEach(() => closing.all());

const job = injected({ containers: [mounting("app", "data")] });

/** Puts the pod as its kubelet tells of it; annotations of the API server's stay. */
function put(pod: Pod, name: string, states: States): void {
  const before = api.store.find("pods", name, "default")?.metadata["annotations"];
  const told = withStatus(pod, states, Object(before));
  api.store.put("pods", {
    ...told,
    metadata: { ...told.metadata, name, namespace: "default", uid: `uid-${name}` },
  });
}

function annotationOf(name: string, key: string = endAnnotation): unknown {
  return Object(api.store.find("pods", name, "default")?.metadata["annotations"])[key];
}

const patches = () => api.callsOf("patch", "pods");

describe("ending the clients of finished pods", () => {
  it("names the client, then the guard, with one call each", async () => {
    put(job, "job", {});
    const { metrics } = await startControllers(closing, api);
    await eventually("the pods are followed", () => api.openWatches > 0);
    put(job, "job", { app: 0 });
    await eventually("the client is named", () => annotationOf("job") === "fluid-fuse-0");
    put(job, "job", { app: 0, "fluid-fuse-0": 0 });
    await eventually("the guard is named", () => annotationOf("job") === "fluid-fuse-0 sluice-guard");
    put(job, "job", { app: 0, "fluid-fuse-0": 0, "sluice-guard": 0 });
    expect(patches()).toHaveLength(2);
    await eventually("it is counted", async () =>
      (await metrics()).includes('sluice_controller_work_total{controller="end-clients",result="ended"} 2'),
    );
    expect(await metrics()).toContain("sluice_client_end_lag_seconds_count 1");
    const events = api.store.collection("events").objects;
    await eventually("it is told", () => events.size > 0);
    expect([...events.values()]).toMatchObject([
      {
        involvedObject: { kind: "Pod", name: "job", uid: "uid-job" },
        type: "Normal",
        reason: "ClientEnded",
        message: "told fluid-fuse-0 to end, for all that need it have ended",
      },
    ]);
  });

  it("finds what had finished before it began", async () => {
    for (let at = 0; at < 20; at++) put(job, `job-${at}`, { app: 0 });
    await startControllers(closing, api);
    const names = Array.from({ length: 20 }, (_, at) => `job-${at}`);
    // A call that a busy machine answered too late is made again.
    await eventually("all are named", () => names.every((name) => annotationOf(name) === "fluid-fuse-0"));
  });

  it("asks for labelled pods only, and for no others", async () => {
    await startControllers(closing, api);
    const selectors = (verb: "list" | "watch") =>
      new Set(api.callsOf(verb, "pods").map(({ query }) => query.get("labelSelector")));
    const ours = [
      "sluice.io/needs-controllers=true",
      // Of the pods that have clients it is counted how they are.
      "done.sidecar.fluid.io/inject=true",
      "done.sidecar.juicefs.com/inject=true",
    ];
    await eventually("the pods are followed", () => selectors("watch").size === 3);
    expect([...selectors("list")].sort()).toEqual([...ours].sort());
    expect([...selectors("watch")].sort()).toEqual([...ours].sort());
  });

  it.each([
    ["500", answering(500)],
    ["too many requests", answering(429)],
    ["a cut connection", reset],
    ["a missing right", forbidden],
  ])("tries again after %s", async (_words, fault) => {
    api.fail({ verb: "patch", resource: "pods" }, fault, 3);
    put(job, "job", { app: 0 });
    const { metrics } = await startControllers(closing, api);
    await eventually("it is named in the end", () => annotationOf("job") === "fluid-fuse-0");
    expect(await metrics()).toContain('result="failure"} 3');
  });

  it("tells with the name of the right where it goes on failing", async () => {
    api.fail({ verb: "patch", resource: "pods" }, forbidden);
    put(job, "job", { app: 0 });
    const { logged } = await startControllers(closing, api);
    await eventually("it is told", () => logged.some((line) => line.includes('"level":"warn"')));
    expect(logged.at(-1)).toContain(
      'cannot patch pods \\"job\\" in namespace default: allow the ServiceAccount to patch pods',
    );
  });

  it("does not touch another pod of the same name", async () => {
    put(job, "job", { app: 0 });
    // Between our seeing the pod and our patch it has been deleted and made again.
    api.fail(
      { verb: "patch", resource: "pods" },
      (_response, _call, pass) => {
        const before = api.store.find("pods", "job", "default");
        api.store.put("pods", { ...before, metadata: { name: "job", namespace: "default", uid: "other" } });
        pass();
      },
      1,
    );
    const { metrics } = await startControllers(closing, api);
    await eventually("it has tried", async () => (await metrics()).includes('result="outdated"'));
    expect(annotationOf("job")).toBeUndefined();
  });

  it("two leaders for a moment do no harm", async () => {
    const pods = Array.from({ length: 30 }, (_, at) => `job-${at}`);
    for (const name of pods) put(job, name, { app: 0 });
    await Promise.all([startControllers(closing, api), startControllers(closing, api)]);
    await eventually("all are named", () => pods.every((name) => annotationOf(name) === "fluid-fuse-0"));
    for (const name of pods) put(job, name, { app: 0, "fluid-fuse-0": 0 });
    const both = "fluid-fuse-0 sluice-guard";
    await eventually("all guards are, too", () => pods.every((name) => annotationOf(name) === both));
  });

  it("goes on where the leader before it was cut off", async () => {
    const pods = Array.from({ length: 40 }, (_, at) => `job-${at}`);
    for (const name of pods) put(job, name, { app: 0 });
    const first = await startControllers(closing, api);
    await eventually("some are named", () => patches().length > 5);
    await first.stop();
    put(job, "late", { app: 0 });
    await new Promise(setImmediate);
    expect(annotationOf("late")).toBeUndefined();
    await startControllers(closing, api);
    await eventually("all are named", () =>
      [...pods, "late"].every((name) => annotationOf(name) === "fluid-fuse-0"),
    );
  });

  it("works while Fluid's kinds cannot be read", async () => {
    api.fail(({ resource }) => ["datasets", "dataloads"].includes(resource), forbidden);
    put(job, "job", { app: 0 });
    const { problems } = await startControllers(closing, api);
    await eventually("it is named", () => annotationOf("job") === "fluid-fuse-0");
    expect(problems.join("\n")).toContain("datasets: cannot list datasets.data.fluid.io");
  });
});

describe("opening the gates of pods that wait", () => {
  const gated = (wait: object, created = new Date().toISOString()): Pod => ({
    metadata: {
      creationTimestamp: created,
      labels: { "sluice.io/needs-controllers": "true" },
      annotations: { "sluice.io/cache-wait": JSON.stringify(wait) },
    },
    spec: { containers: [], schedulingGates: [{ name: "example.com/other" }, { name: "sluice.io/cache" }] },
    status: { phase: "Pending" },
  });
  const half = { share: 50, limitSeconds: 600, otherwise: "start", datasets: ["default/data"] };

  function putGated(name: string, wait: object, created?: string): void {
    const pod = gated(wait, created);
    api.store.put("pods", {
      ...pod,
      metadata: { ...pod.metadata, name, namespace: "default", uid: `uid-${name}` },
    });
  }

  function putDataset(cachedPercentage: string): void {
    const status = { cacheStates: { cachedPercentage } };
    api.store.put("datasets", { metadata: { name: "data", namespace: "default" }, status });
  }

  function putLoad(phase: string): void {
    const metadata = { name: "load", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" };
    api.store.put("dataloads", { metadata, spec: { dataset: { name: "data" } }, status: { phase } });
  }

  const gatesOf = (name: string): string[] => {
    const gates = Object(api.store.find("pods", name, "default")?.["spec"])["schedulingGates"];
    return Array.isArray(gates) ? gates.map((gate: { name: string }) => gate.name) : [];
  };
  const events = (): ApiObject[] => [...api.store.collection("events").objects.values()];
  const reasons = () => events().map((event) => event["reason"]);

  it("opens its own gate, and no other, once enough is cached", async () => {
    putDataset("10.0%");
    putGated("pod", half);
    const { metrics } = await startControllers(closing, api);
    await eventually("the pod is told what it waits for", () => reasons().includes("WaitingForCache"));
    expect(events()[0]).toMatchObject({
      involvedObject: { kind: "Pod", name: "pod", uid: "uid-pod" },
      type: "Normal",
      message:
        "not scheduled yet: Dataset default/data is cached to 10% of the 50% wanted; 600 s after its creation it starts all the same",
    });
    expect(await metrics()).toContain("sluice_pods_waiting_for_cache 1");
    putDataset("49.9%");
    putDataset("50.0%");
    await eventually("the gate is open", () => gatesOf("pod").join() === "example.com/other");
    expect(annotationOf("pod", "sluice.io/cache-wait-result")).toBe("Dataset default/data is cached to 50%");
    await eventually("that is told", () => reasons().includes("CacheWarm"));
    expect(reasons()).toEqual(["WaitingForCache", "CacheWarm"]);
    expect(await metrics()).toContain("sluice_pods_waiting_for_cache 0");
  });

  it("opens it once the DataLoad is complete", async () => {
    putDataset("");
    putGated("pod", { ...half, share: undefined });
    await startControllers(closing, api);
    await eventually("it waits", () => reasons().includes("WaitingForCache"));
    putLoad("Executing");
    putLoad("Complete");
    await eventually("the gate is open", () => gatesOf("pod").length === 1);
  });

  it("opens it when its time is over, and says that the cache is still cold", async () => {
    putDataset("10%");
    putGated("pod", { ...half, limitSeconds: 1 });
    await startControllers(closing, api);
    await eventually("the gate is open", () => gatesOf("pod").length === 1);
    await eventually("that is told", () => reasons().includes("CacheStillCold"));
    expect(events().at(-1)).toMatchObject({ type: "Warning" });
  });

  it("fails the pod when its time is over and it asks for that", async () => {
    putDataset("10%");
    putGated("pod", { ...half, otherwise: "fail" }, "2026-01-01T00:00:00Z");
    await startControllers(closing, api);
    await eventually("it has failed", () => {
      const status = Object(api.store.find("pods", "pod", "default")?.["status"]);
      return status.phase === "Failed" && status.reason === "CacheNotWarm";
    });
    expect(patches().map(({ path }) => path)).toEqual(["/api/v1/namespaces/default/pods/pod/status"]);
    expect(gatesOf("pod")).toHaveLength(2);
    await eventually("that is told", () => reasons().includes("CacheNotWarm"));
  });

  it("takes the gate from a pod that does not say what it waits for", async () => {
    putDataset("10%");
    const pod = gated({});
    api.store.put("pods", {
      ...pod,
      metadata: { labels: Object(pod.metadata?.labels), name: "pod", namespace: "default", uid: "u" },
    });
    await startControllers(closing, api);
    await eventually("the gate is open", () => gatesOf("pod").length === 1);
    await eventually("that is told", () => reasons().includes("CacheWaitUnreadable"));
  });

  it("tells nobody of Datasets in other namespaces than the pod's", async () => {
    const status = { cacheStates: { cachedPercentage: "10%" } };
    api.store.put("datasets", { metadata: { name: "theirs", namespace: "other" }, status });
    putGated("pod", { ...half, datasets: ["other/theirs"] });
    await startControllers(closing, api);
    await eventually("the gate is open", () => gatesOf("pod").length === 1);
    await eventually("that is told", () => reasons().includes("CacheWaitUnreadable"));
    expect(JSON.stringify(events())).not.toContain("theirs");
  });

  it("fails no pod whose gate somebody else has opened meanwhile", async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    api.fail({ verb: "patch", resource: "pods" }, after(released), 1);
    putDataset("10%");
    putGated("pod", { ...half, otherwise: "fail" }, "2026-01-01T00:00:00Z");
    const { metrics } = await startControllers(closing, api);
    await eventually("it is about to fail", () => patches().length === 1);
    const pod = api.store.find("pods", "pod", "default");
    if (pod === undefined) throw new Error("no pod");
    api.store.put("pods", { ...pod, spec: { containers: [], schedulingGates: [] } });
    release();
    await eventually("that is given up", async () =>
      (await metrics()).includes('controller="open-gates",result="outdated"'),
    );
    expect(Object(api.store.find("pods", "pod", "default")?.["status"]).phase).toBe("Pending");
  });

  it("takes no Dataset for missing that has only not been read yet", async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    api.fail({ verb: "list", resource: "datasets" }, (_response, _call, pass) => void released.then(pass));
    putDataset("90%");
    putGated("pod", { ...half, otherwise: "fail" }, "2026-01-01T00:00:00Z");
    put(job, "job", { app: 0 });
    await startControllers(closing, api);
    await eventually("other work is done", () => annotationOf("job") !== undefined);
    expect(Object(api.store.find("pods", "pod", "default")?.["status"]).phase).toBe("Pending");
    release();
    await eventually("the gate is open", () => gatesOf("pod").length === 1);
  });

  it("opens gates although no Event may be written", async () => {
    api.fail({ resource: "events" }, forbidden);
    putDataset("90%");
    putGated("pod", half);
    await startControllers(closing, api);
    await eventually("the gate is open", () => gatesOf("pod").length === 1);
  });

  it("waits until its time is over where Fluid is not installed, and has no problem with that", async () => {
    api.installed.clear();
    api.fail({ resource: "dataloads" }, answering(404));
    putGated("pod", { ...half, limitSeconds: 1 });
    const { problems, status } = await startControllers(closing, api);
    await eventually("the gate is open", () => gatesOf("pod").length === 1);
    expect(problems).toEqual([]);
    expect(status()?.resources.map(({ resource, state }) => `${resource} ${state}`)).toEqual([
      "pods following",
      "datasets.data.fluid.io absent",
      "dataloads.data.fluid.io absent",
      "pods following",
      "pods following",
      "nodes following",
    ]);
  });

  it("each of two leaders tells an Event only once", async () => {
    putDataset("10%");
    putGated("pod", half);
    await Promise.all([startControllers(closing, api), startControllers(closing, api)]);
    await eventually("both have told it", () => api.callsOf("create", "events").length === 2);
    expect(events()).toHaveLength(1);
  });
});
