import type { ContainerState, ContainerStatus } from "kubernetes-types/core/v1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isRawObject } from "../../../src/cluster/raw-fields.ts";
import { readInjectedPod } from "../../../src/controllers/client-census/injected-pod.ts";
import { tellOfClients } from "../../../src/controllers/client-census/tell-of-clients.ts";
import type { Involved, ObjectEvent } from "../../../src/controllers/event-writer.ts";
import { startControllers } from "../../support/controllers.ts";
import { forbidden } from "../../support/fake-api-faults.ts";
import type { FakeApiServer } from "../../support/fake-api-server.ts";
import { injected, mounting } from "../../support/finishing-pod.ts";
import { fluidDataset } from "../../support/fluid-dataset.ts";
import { Closing, startApi } from "../../support/live-cluster.ts";
import { eventually } from "../../support/node-sandbox.ts";

const start = "2026-01-01T00:00:00Z";
const later = "2026-01-01T00:01:00Z";
const now = Date.parse(later);
const runs = (startedAt = start): ContainerState => ({ running: { startedAt } });
const ended = (exitCode: number, reason = "Error", finishedAt = later): ContainerState => ({
  terminated: { exitCode, reason, finishedAt },
});
const data = { name: "data", persistentVolumeClaim: { claimName: "data" } };
const sidecar = (how: "native" | "classic", platform = "kubernetes") =>
  injected({ containers: [mounting("app", "data")], volumes: [data] }, {}, [fluidDataset("data")], {
    sidecar: how,
    platform,
  });

/** The pod on a node, where all runs apart from what is told of the client. */
function podWith(client: Partial<ContainerStatus>, pod = sidecar("native"), name = "train") {
  const of = (containers: readonly { readonly name: string }[] = []) =>
    containers.map((container) => ({
      name: container.name,
      image: "",
      imageID: "",
      ready: true,
      started: true,
      restartCount: 0,
      state: runs(),
      ...(container.name === "fluid-fuse-0" ? client : {}),
    }));
  return {
    ...pod,
    metadata: { ...pod.metadata, name, namespace: "default", uid: `uid-${name}` },
    spec: { ...pod.spec, nodeName: "node-a" },
    status: {
      phase: "Running",
      initContainerStatuses: of(pod.spec?.initContainers),
      containerStatuses: of(pod.spec?.containers),
    },
  };
}

function told(pod: unknown, at = now): [Involved, ObjectEvent][] {
  const events: [Involved, ObjectEvent][] = [];
  const read = isRawObject(pod) ? readInjectedPod(pod) : undefined;
  if (read === undefined) throw new Error("no injected pod");
  tellOfClients("default/train", read, { tell: (...event) => events.push(event) }, at);
  return events;
}

describe("what is told of a client", () => {
  it.each<[string, Partial<ContainerStatus>, ReturnType<typeof sidecar>, object | undefined]>([
    ["one that serves", {}, sidecar("native"), undefined],
    [
      "one that has not started yet",
      { state: { waiting: { reason: "PodInitializing" } } },
      sidecar("native"),
      undefined,
    ],
    [
      "one that crashed and serves again",
      { restartCount: 2, lastState: ended(3), state: runs(later) },
      sidecar("native"),
      {
        type: "Warning",
        reason: "ClientRestarted",
        about: "fluid-fuse-0",
        count: 2,
        message: "fluid-fuse-0 ended with status 3 and serves again, started again 2 times so far",
      },
    ],
    [
      "one that was killed for want of memory and serves again",
      { restartCount: 1, lastState: ended(137, "OOMKilled"), state: runs(later) },
      sidecar("native"),
      {
        reason: "ClientRestarted",
        message: expect.stringMatching(
          /^fluid-fuse-0 ended for want of memory \(raise sluice\.io\/client-memory-limit/,
        ),
      },
    ],
    [
      "one that fails again and again",
      { restartCount: 4, lastState: ended(1), state: { waiting: { reason: "CrashLoopBackOff" } } },
      sidecar("native"),
      {
        reason: "ClientFails",
        count: 4,
        message: expect.stringContaining("fluid-fuse-0: it fails again and again"),
      },
    ],
    [
      "one that serves after a restart of long ago",
      { restartCount: 2, lastState: ended(3, "Error", "2025-12-31T23:00:00Z"), state: runs(later) },
      sidecar("native"),
      undefined,
    ],
    [
      "one that restarted at an unknown time",
      { restartCount: 2, lastState: ended(3, "Error", ""), state: runs(later) },
      sidecar("native"),
      undefined,
    ],
    [
      "one whose app was left with a dead mount",
      { restartCount: 1, lastState: ended(1), state: runs(later) },
      sidecar("classic", "eci"),
      { type: "Warning", reason: "MountLost", message: expect.stringContaining("create the pod anew") },
    ],
  ])("%s", (_words, client, pod, event) => {
    const events = told(podWith(client, pod));
    expect(events.map(([, one]) => one)).toEqual(event === undefined ? [] : [expect.objectContaining(event)]);
    for (const [involved] of events)
      expect(involved).toEqual({ kind: "Pod", key: "default/train", uid: "uid-train" });
  });

  it("is nothing once the pod is gone", () => {
    const events: unknown[] = [];
    tellOfClients("default/train", undefined, { tell: (...event) => events.push(event) }, now);
    expect(events).toEqual([]);
  });
});

describe("a leader", () => {
  const closing = new Closing();
  let api: FakeApiServer;
  beforeEach(async () => {
    api = await startApi(closing);
  });
  afterEach(() => closing.all());

  const put = (client: Partial<ContainerStatus>) =>
    api.store.put("pods", { ...podWith(client), metadata: { ...podWith(client).metadata, name: "train" } });
  const crashed = (restartCount: number) => ({ restartCount, lastState: ended(3), state: runs(later) });
  const events = () => [...api.store.collection("events").objects.values()];

  it("counts restarts up on one Event, and the next one goes on", async () => {
    put({});
    const first = await startControllers(closing, api, { now: () => now });
    put(crashed(1));
    await eventually("it is told", () => events().length === 1);
    put(crashed(2));
    await eventually("it is counted up", () => events()[0]?.["count"] === 2);
    await first.stop();
    put(crashed(5));
    await Promise.all([
      startControllers(closing, api, { now: () => now }),
      startControllers(closing, api, { now: () => now }),
    ]);
    await eventually("it is counted up by two leaders", () => events()[0]?.["count"] === 5);
    expect(events()).toHaveLength(1);
  });

  it("writes no more than its share where the clients of many pods crash at once", {
    timeout: 120_000,
  }, async () => {
    const count = 120;
    const names = Array.from({ length: count }, (_, index) => `pod-${index}`);
    const putAll = (client: Partial<ContainerStatus>) => {
      for (const name of names) {
        const pod = podWith(client, sidecar("native"), name);
        api.store.put("pods", { ...pod, metadata: { ...pod.metadata, name } });
      }
    };
    putAll({});
    const { metrics } = await startControllers(closing, api, { now: () => now });
    const line = `platform="kubernetes"} ${count}`;
    await eventually("all are seen", async () => (await metrics()).includes(line));
    const begun = performance.now();
    const writes = () => [...api.callsOf("create", "events"), ...api.callsOf("patch", "events")].length;
    putAll(crashed(1));
    // A hundred calls at once, and then 20 a second.
    while (events().length < count) {
      const most = 100 + (20 * (performance.now() - begun)) / 1_000 + 1;
      expect(writes()).toBeLessThanOrEqual(most);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(new Set(events().map(({ involvedObject }) => Object(involvedObject).name))).toEqual(
      new Set(names),
    );
    expect(events().every((event) => event["count"] === 1)).toBe(true);
  });

  it("goes on counting where it may write no Events", async () => {
    api.fail({ resource: "events" }, forbidden);
    put(crashed(1));
    const { metrics } = await startControllers(closing, api, { now: () => now });
    await eventually("it is counted", async () =>
      /sluice_events_total\{result="failed"\} [1-9]/.test(await metrics()),
    );
    await eventually("clients are, too", async () => (await metrics()).includes("sluice_clients{"));
  });
});
