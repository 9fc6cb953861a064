import { afterEach, beforeEach, expect, it } from "vitest";
import { ApiConnection } from "../../src/cluster/api-connection.ts";
import { followObjects } from "../../src/cluster/follow-objects.ts";
import { loadKubeConfig } from "../../src/cluster/kube-config.ts";
import { type RawObject, textAt } from "../../src/cluster/raw-fields.ts";
import { answering, forbidden } from "../support/fake-api-faults.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { Closing, startApi } from "../support/live-cluster.ts";
import { eventually } from "../support/node-sandbox.ts";

const closing = new Closing();
let api: FakeApiServer;
beforeEach(async () => {
  api = await startApi(closing);
});
afterEach(() => closing.all());

function phaseOf(raw: RawObject): string | undefined {
  const phase = textAt(raw, "status", "phase");
  if (phase === "Poison") throw new Error("it is poison");
  return phase;
}

/** Follows the phases of things in a team's namespace, and what is told of them. */
function follow(labelSelector?: string) {
  const connection = new ApiConnection(() => loadKubeConfig({ kubeconfig: api.kubeconfig }));
  const stop = new AbortController();
  const changed: string[] = [];
  const problems: (string | undefined)[] = [];
  const followed = followObjects(
    {
      connection,
      resource: {
        kind: "Thing",
        group: "example.com",
        version: "v1",
        plural: "things",
        namespaced: true,
        ...(labelSelector === undefined ? {} : { labelSelector }),
      },
      project: phaseOf,
      onChange: (key) => changed.push(`${key} ${followed.get(key) ?? "gone"}`),
      onProblem: (problem) => problems.push(problem),
      now: Date.now,
      timing: { firstPause: 5, longestPause: 50 },
    },
    stop.signal,
  );
  closing.add(async () => {
    stop.abort();
    await followed.ended;
    connection.close();
  });
  return { followed, changed, problems, stop };
}

function put(name: string, phase: string | undefined, more: object = {}): void {
  api.store.put("things", { metadata: { name, namespace: "team", ...more }, status: { phase } });
}

it("tells of what it keeps of an object when that changes, and of nothing else", async () => {
  put("one", "Pending");
  const { followed, changed } = follow();
  await followed.synced;
  await eventually("it watches", () => api.openWatches === 1);
  put("one", "Pending", { labels: { any: "thing" } });
  put("one", "Running");
  put("two", undefined);
  put("two", "Running");
  api.store.delete("things", "one", "team");
  await eventually("all is told", () => changed.length === 4);
  expect(changed).toEqual(["team/one Pending", "team/one Running", "team/two Running", "team/one gone"]);
  expect([...followed.entries()]).toEqual([["team/two", "Running"]]);
});

it("leaves out an object that cannot be read, says so, and follows all others", async () => {
  put("bad", "Poison");
  put("one", "Pending");
  const { followed, problems } = follow();
  await followed.synced;
  await eventually("it watches", () => api.openWatches === 1);
  expect([...followed.entries()]).toEqual([["team/one", "Pending"]]);
  put("one", "Running");
  await eventually("the other is followed", () => followed.get("team/one") === "Running");
  put("one", "Poison");
  put("two", "Running");
  await eventually("the next is followed", () => followed.get("team/two") === "Running");
  expect(followed.get("team/one")).toBeUndefined();
  expect(problems).toEqual(["Thing team/bad is left out: it is poison"]);
  put("bad", "Running");
  api.store.delete("things", "one", "team");
  await eventually("nothing is left out", () => problems.at(-1) === undefined);
  expect(followed.get("team/bad")).toBe("Running");
});

it("follows those with a label only", async () => {
  put("ours", "Running", { labels: { mine: "true" } });
  put("other", "Running", { labels: { mine: "false" } });
  const { followed } = follow("mine=true");
  await followed.synced;
  expect([...followed.entries()]).toEqual([["team/ours", "Running"]]);
});

it("takes a resource that is not there for one without objects, until it comes", async () => {
  const installed = api.fail({ resource: "things" }, answering(404));
  const { followed, problems } = follow();
  await followed.synced;
  expect(followed.status().state).toBe("absent");
  installed();
  put("one", "Running");
  await eventually("it is followed", () => followed.get("team/one") === "Running");
  expect([followed.status().state, problems]).toEqual(["following", []]);
});

it("tells of a right that is missing, and when it is there", async () => {
  const allow = api.fail({ resource: "things" }, forbidden);
  const { followed, problems } = follow();
  await eventually("it is told", () => problems.length === 1);
  expect(problems[0]).toContain(
    "cannot list things.example.com: give the ServiceAccount get, list and watch",
  );
  allow();
  await followed.synced;
  expect(problems.at(-1)).toBeUndefined();
});

it("lets nobody wait for it once it has been ended", async () => {
  api.fail({ resource: "things" }, forbidden);
  const { followed, stop } = follow();
  stop.abort();
  await expect(followed.synced).resolves.toBeUndefined();
});
