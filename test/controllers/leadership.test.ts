import { afterEach, describe, expect, it } from "vitest";
import { openClusterWriter } from "../../src/cluster/cluster-writer.ts";
import { type LeaderOptions, lead } from "../../src/controllers/leadership.ts";
import { LeaseLock } from "../../src/controllers/lease-lock.ts";
import { answering, silence } from "../support/fake-api-faults.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { Closing, startApi } from "../support/live-cluster.ts";
import { eventually } from "../support/node-sandbox.ts";

const closing = new Closing();
afterEach(() => closing.all());

// Faster than in production, and slow enough for a machine with much to do.
const timing = { leaseMs: 2_000, renewMs: 1_300, retryMs: 60 };
const lease = { namespace: "sluice-system", name: "sluice-controllers" };

/** Tells who does the work now, and whether two ever did at once. */
class Stage {
  readonly at = new Set<string>();
  readonly told: string[] = [];
  crowded = false;
}

interface Candidate {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  readonly problems: (string | undefined)[];
  readonly holders: string[];
}

async function candidate(
  api: FakeApiServer,
  stage: Stage,
  identity: string,
  more: Partial<LeaderOptions> = {},
  work?: (signal: AbortSignal) => Promise<void>,
): Promise<Candidate> {
  const writer = await openClusterWriter({ kubeconfig: api.kubeconfig });
  const stop = new AbortController();
  const problems: (string | undefined)[] = [];
  const holders: string[] = [];
  const doWork = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      stage.at.add(identity);
      stage.told.push(identity);
      if (stage.at.size > 1) stage.crowded = true;
      signal.addEventListener("abort", () => {
        stage.at.delete(identity);
        resolve();
      });
    });
  const ended = lead(
    {
      lock: new LeaseLock(writer, lease),
      identity,
      timing,
      now: Date.now,
      elapsed: () => performance.now(),
      onChange: () => undefined,
      onHolder: (holder) => holders.push(holder),
      onProblem: (problem) => problems.push(problem),
      ...more,
    },
    work ?? doWork,
    stop.signal,
  );
  ended.catch(() => undefined);
  closing.add(async () => {
    stop.abort();
    await ended.catch(() => undefined);
    writer.close();
  });
  return { stop, ended, problems, holders };
}

const spec = (api: FakeApiServer) => api.store.find("leases", lease.name, lease.namespace)?.["spec"];

describe("leadership", () => {
  it("one of several leads, says so in the Lease, and goes on renewing", async () => {
    const api = await startApi(closing);
    const stage = new Stage();
    const all = await Promise.all(["a", "b", "c"].map((name) => candidate(api, stage, name)));
    await eventually("one leads", () => stage.at.size === 1);
    const first = spec(api);
    expect(first).toMatchObject({ holderIdentity: stage.told[0], leaseDurationSeconds: 2 });
    expect(first).toHaveProperty("renewTime", expect.stringMatching(/^\d{4}-.*\.\d{6}Z$/));
    // Longer than the Lease lasts without a renewal.
    await eventually("it has been renewed often", () => api.callsOf("update", "leases").length > 45);
    expect({ told: stage.told.length, crowded: stage.crowded }).toEqual({ told: 1, crowded: false });
    expect(all.map(({ holders }) => holders.at(-1))).toEqual([stage.told[0], stage.told[0], stage.told[0]]);
  });

  it("who is asked to stop gives the Lease away, so that the next one leads at once", async () => {
    const api = await startApi(closing);
    const stage = new Stage();
    const first = await candidate(api, stage, "first", { timing: { ...timing, leaseMs: 3_600_000 } });
    await eventually("the first leads", () => stage.at.has("first"));
    await candidate(api, stage, "second");
    first.stop.abort();
    await first.ended;
    await eventually("the second leads", () => stage.at.has("second"));
    expect(stage.crowded).toBe(false);
    expect(spec(api)).toMatchObject({ holderIdentity: "second", leaseTransitions: 1 });
  });

  it("who dies without a word is waited for, for as long as its Lease lasts", async () => {
    const api = await startApi(closing);
    const stage = new Stage();
    api.store.put("leases", {
      metadata: lease,
      spec: {
        holderIdentity: "dead",
        leaseDurationSeconds: 1,
        renewTime: new Date().toISOString(),
        leaseTransitions: 7,
      },
    });
    const begun = performance.now();
    await candidate(api, stage, "next");
    await eventually("it leads", () => stage.at.has("next"));
    expect(performance.now() - begun).toBeGreaterThan(990);
    expect(spec(api)).toMatchObject({ holderIdentity: "next", leaseTransitions: 8 });
  });

  it.each([
    ["an hour slow", -3_600_000],
    ["an hour fast", 3_600_000],
  ])("a clock that is %s makes nobody take the Lease of one who renews", async (_words, skew) => {
    const api = await startApi(closing);
    const stage = new Stage();
    await candidate(api, stage, "first");
    await eventually("the first leads", () => stage.at.has("first"));
    const second = await candidate(api, stage, "second", { now: () => Date.now() + skew });
    await eventually("the second has looked often", () => second.holders.length > 0);
    await eventually("and longer than a Lease lasts", () => api.callsOf("get", "leases").length > 90);
    expect(stage.told).toEqual(["first"]);
  });

  it("who cannot renew ends its work before anybody else may begin", async () => {
    const api = await startApi(closing);
    const stage = new Stage();
    const first = await candidate(api, stage, "first");
    await eventually("the first leads", () => stage.at.has("first"));
    const second = await candidate(api, stage, "second");
    await eventually("the second stands by", () => second.holders.includes("first"));
    const heal = api.fail(
      ({ verb, resource, body }) =>
        resource === "leases" && verb === "update" && JSON.stringify(body).includes('"first"'),
      silence,
    );
    await eventually("the second leads", () => stage.at.has("second"), 20);
    expect({ crowded: stage.crowded, first: stage.at.has("first") }).toEqual({
      crowded: false,
      first: false,
    });
    heal();
    second.stop.abort();
    await eventually("the first leads again", () => stage.at.has("first"), 20);
    expect(first.problems.filter((problem) => problem !== undefined)).not.toEqual([]);
    expect(first.problems.at(-1)).toBeUndefined();
  });

  it("survives an API server that answers 500 for a while without losing the lead", async () => {
    const api = await startApi(closing);
    const stage = new Stage();
    const first = await candidate(api, stage, "first");
    await eventually("it leads", () => stage.at.has("first"));
    api.fail({ resource: "leases" }, answering(500), 3);
    await eventually("it is well again", () => first.problems.length === 2);
    expect(first.problems[0]).toMatch(/cannot (get|update) leases\.coordination\.k8s\.io.*planted/);
    expect(stage.told).toEqual(["first"]);
  });

  it("names the right that is missing", async () => {
    const api = await startApi(closing);
    api.fail({ verb: "create", resource: "leases" }, answering(403, "no"));
    const { problems } = await candidate(api, new Stage(), "first");
    await eventually("it is told", () => problems.length > 0);
    expect(problems[0]).toContain(
      'cannot create leases.coordination.k8s.io "sluice-controllers" in namespace sluice-system: allow the ServiceAccount to create',
    );
  });

  it("takes a Lease that holds nothing, or nonsense, for free", async () => {
    const api = await startApi(closing);
    const stage = new Stage();
    api.store.put("leases", { metadata: lease, spec: { holderIdentity: 7, leaseDurationSeconds: "long" } });
    await candidate(api, stage, "first");
    await eventually("it leads", () => stage.at.has("first"));
  });

  it("makes the Lease anew when somebody has deleted it", async () => {
    const api = await startApi(closing);
    const stage = new Stage();
    await candidate(api, stage, "first");
    await eventually("it leads", () => stage.at.has("first"));
    api.store.delete("leases", lease.name, lease.namespace);
    await eventually("it is there again", () => spec(api) !== undefined);
    expect(stage.told).toEqual(["first"]);
  });

  it("throws what the work throws, and gives the Lease away", async () => {
    const api = await startApi(closing);
    const { ended } = await candidate(api, new Stage(), "first", {}, () => Promise.reject(new Error("bug")));
    await expect(ended).rejects.toThrow("bug");
    expect(spec(api)).toMatchObject({ holderIdentity: "" });
  });
});
