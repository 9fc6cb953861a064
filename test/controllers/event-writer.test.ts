import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openClusterWriter } from "../../src/cluster/cluster-writer.ts";
import { EventWriter, type ObjectEvent } from "../../src/controllers/event-writer.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { after, answering, forbidden } from "../support/fake-api-faults.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { Closing, startApi } from "../support/live-cluster.ts";
import { eventually } from "../support/node-sandbox.ts";

const closing = new Closing();
let api: FakeApiServer;
beforeEach(async () => {
  api = await startApi(closing);
});
afterEach(() => closing.all());

const pod = { kind: "Pod", key: "team/train", uid: "u" } as const;
const crashed = (count: number): ObjectEvent => ({
  type: "Warning",
  reason: "ClientRestarted",
  message: `it failed (${count})`,
  about: "fluid-fuse-0",
  count,
});

/** A writer as a leader has it, whose clock stands still until it is moved. */
async function leader(instance = "one") {
  const writer = await openClusterWriter({ kubeconfig: api.kubeconfig });
  const stopping = new AbortController();
  closing.add(async () => {
    stopping.abort();
    writer.close();
  });
  const results: string[] = [];
  const clock = { ms: Date.parse("2026-01-01T00:00:00Z") };
  const events = new EventWriter({
    writer,
    log: createLog("silent", { write: () => undefined }),
    instance,
    now: () => clock.ms,
    signal: stopping.signal,
    onDone: (result) => results.push(result),
  });
  const settled = (...wanted: string[]) =>
    eventually(`the results are ${wanted}`, () => results.join() === wanted.join());
  return { events, results, clock, settled, stop: () => stopping.abort() };
}

const stored = () => [...api.store.collection("events").objects.values()];

describe("telling Events", () => {
  it("writes what kubectl describe looks for", async () => {
    const { events, settled } = await leader();
    events.tell(pod, crashed(1));
    await settled("written");
    expect(stored()).toMatchObject([
      {
        metadata: { namespace: "team", name: expect.stringMatching(/^train\.[0-9a-f]{16}$/) },
        involvedObject: { apiVersion: "v1", kind: "Pod", namespace: "team", name: "train", uid: "u" },
        type: "Warning",
        reason: "ClientRestarted",
        message: "it failed (1)",
        count: 1,
        firstTimestamp: "2026-01-01T00:00:00Z",
        lastTimestamp: "2026-01-01T00:00:00Z",
        source: { component: "sluice-controllers" },
      },
    ]);
  });

  it("counts one and the same up, and keeps when it began", async () => {
    const { events, clock, settled } = await leader();
    events.tell(pod, crashed(1));
    await settled("written");
    clock.ms += 5_000;
    events.tell(pod, crashed(3));
    await settled("written", "written");
    expect(stored()).toMatchObject([
      {
        count: 3,
        message: "it failed (3)",
        firstTimestamp: "2026-01-01T00:00:00Z",
        lastTimestamp: "2026-01-01T00:00:05Z",
      },
    ]);
  });

  it("has one for each reason, part and object", async () => {
    const { events, settled } = await leader();
    events.tell(pod, crashed(1));
    events.tell(pod, { ...crashed(1), about: "fluid-fuse-1" });
    events.tell(pod, { ...crashed(1), reason: "MountLost" });
    events.tell({ ...pod, uid: "another of that name" }, crashed(1));
    await settled("written", "written", "written", "written");
    expect(stored()).toHaveLength(4);
  });

  it("does not tell the same again, until the API server may have forgotten it", async () => {
    const { events, clock, settled } = await leader();
    events.tell(pod, crashed(1));
    await settled("written");
    events.tell(pod, crashed(1));
    clock.ms += 40 * 60_000;
    events.tell(pod, crashed(1));
    await new Promise(setImmediate);
    expect(api.callsOf("create", "events")).toHaveLength(1);
    for (const { metadata } of stored()) api.store.delete("events", metadata.name, "team");
    clock.ms += 10 * 60_000;
    events.tell(pod, crashed(1));
    await settled("written", "written");
    expect(stored()).toHaveLength(1);
  });

  it("changes the words once a minute, however often they change", async () => {
    const { events, clock, settled } = await leader();
    const cold = (percent: number): ObjectEvent => ({
      type: "Normal",
      reason: "WaitingForCache",
      message: `${percent}%`,
    });
    events.tell(pod, cold(1));
    await settled("written");
    for (let percent = 2; percent < 50; percent++) events.tell(pod, cold(percent));
    await new Promise(setImmediate);
    clock.ms += 61_000;
    events.tell(pod, cold(50));
    await settled("written", "written");
    expect(stored()).toMatchObject([{ count: 1, message: "50%" }]);
  });

  it("writes the last of what is told while it waits", async () => {
    let open: () => void = () => undefined;
    api.fail(
      { resource: "events" },
      after(
        new Promise<void>((resolve) => {
          open = resolve;
        }),
      ),
      1,
    );
    const { events, settled } = await leader();
    events.tell({ ...pod, uid: "first" }, crashed(1));
    for (let count = 1; count <= 5; count++) events.tell(pod, crashed(count));
    open();
    await settled("written", "written");
    expect(stored().map((event) => event["count"])).toEqual([1, 5]);
  });

  it("drops what comes when too many wait", async () => {
    api.fail({ resource: "events" }, () => undefined);
    const { events, results } = await leader();
    for (let at = 0; at < 2_010; at++) events.tell({ ...pod, uid: `uid-${at}` }, crashed(1));
    expect(results.filter((result) => result === "dropped").length).toBeGreaterThanOrEqual(9);
  });
});

describe("two leaders", () => {
  it("write one and the same Event, and the higher count stays", async () => {
    const [one, two] = [await leader("one"), await leader("two")];
    one.events.tell(pod, crashed(4));
    await one.settled("written");
    two.events.tell(pod, crashed(4));
    await two.settled("known");
    two.events.tell({ ...pod }, crashed(5));
    await two.settled("known", "written");
    one.clock.ms += 50 * 60_000;
    one.events.tell(pod, crashed(4));
    await one.settled("written", "known");
    expect(stored()).toMatchObject([{ count: 5, reportingInstance: "one" }]);
  });
});

describe("an Event that cannot be written", () => {
  it.each([
    ["for want of a right", forbidden],
    ["because the API server fails", answering(500)],
  ])("%s is told again next time", async (_words, fault) => {
    const mend = api.fail({ resource: "events" }, fault);
    const { events, settled } = await leader();
    events.tell(pod, crashed(1));
    await settled("failed");
    mend();
    events.tell(pod, crashed(1));
    await settled("failed", "written");
  });

  it("is cut to the length that Kubernetes takes", async () => {
    const { events, settled } = await leader();
    events.tell({ ...pod, key: `team/${"n".repeat(253)}` }, { ...crashed(1), message: "x".repeat(5_000) });
    await settled("written");
    const [event] = stored();
    expect([event?.metadata.name.length, String(event?.["message"]).length]).toEqual([253, 1024]);
  });

  it("has a name that Kubernetes takes wherever a long one is cut", async () => {
    const { events, settled } = await leader();
    events.tell({ ...pod, key: `team/${"n".repeat(234)}.-${"n".repeat(17)}` }, crashed(1));
    await settled("written");
    const [event] = stored();
    expect(event?.metadata.name).toMatch(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)*[a-z0-9]+$/);
  });

  it("is not written once another one leads", async () => {
    const { events, stop } = await leader();
    stop();
    events.tell(pod, crashed(1));
    await new Promise(setImmediate);
    expect(api.callsOf("create", "events")).toEqual([]);
  });
});
