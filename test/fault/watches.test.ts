import { afterEach, describe, expect, it } from "vitest";
import { builtInResources } from "../../src/cluster/api-resources.ts";
import {
  answering,
  endAtOnce,
  forbidden,
  reset,
  saying,
  sayingAtLast,
  silence,
  silentWatch,
} from "../support/fake-api-faults.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { Closing, dataset, type Live, openLive, startApi } from "../support/live-cluster.ts";

const closing = new Closing();
afterEach(() => closing.all());

const resource = "datasets.data.fluid.io";
const watches = (api: FakeApiServer) => api.callsOf("watch", "datasets");

/** A cluster that follows one Dataset, Bound. */
async function following(options: Parameters<typeof openLive>[2] = {}): Promise<Live> {
  const api = await startApi(closing);
  api.store.put("datasets", dataset("data"));
  const live = await openLive(closing, api, options);
  await expect.poll(() => watches(api).length).toBe(1);
  return live;
}

/** Changes the Dataset and waits until the change is seen. */
async function expectFollowed({ api, cluster }: Live): Promise<void> {
  api.store.put("datasets", dataset("data", "Failed"));
  api.store.put("datasets", dataset("other"));
  await expect.poll(() => cluster.view.dataset("team", "data")?.phase).toBe("Failed");
  await expect.poll(() => cluster.view.dataset("team", "other")).toBeDefined();
}

const errorEvent = (code: number, message = "planted") =>
  `${JSON.stringify({ type: "ERROR", object: { kind: "Status", code, message } })}\n`;

describe("a watch", () => {
  it.each([
    { name: "that is answered 500", fault: answering(500) },
    {
      name: "that is answered 429 with Retry-After",
      fault: answering(429, "slow", { "retry-after": "0.02" }),
    },
    { name: "that is reset before an answer", fault: reset },
    { name: "that ends at once", fault: endAtOnce },
    { name: "with an ERROR event 500", fault: saying(errorEvent(500)) },
    { name: "with a line that is no JSON", fault: saying("{ this is no JSON\n") },
    { name: "with a line that is no event", fault: saying('{"type":"ADDED"}\n') },
    { name: "with an object without a name", fault: sayingAtLast('{"type":"ADDED","object":{}}\n') },
    { name: "with half a line", fault: sayingAtLast('{"type":"DELETED","object":{"meta') },
  ])("$name is begun again, and nothing is lost", async ({ fault }) => {
    const live = await following();
    const well = live.api.fail({ verb: "watch", resource: "datasets" }, fault);
    live.api.endWatches("datasets");
    await expect.poll(() => watches(live.api).length).toBeGreaterThan(3);
    expect(live.cluster.view.dataset("team", "data")?.phase).toBe("Bound");
    well();
    await expectFollowed(live);
    expect(live.of(resource)).toMatchObject({ state: "following", problem: undefined });
  });

  it("that the server ends goes on from the last event", async () => {
    const live = await following();
    live.api.store.put("datasets", dataset("more"));
    await expect.poll(() => live.cluster.view.dataset("team", "more")).toBeDefined();
    live.api.endWatches("datasets");
    await expectFollowed(live);
    expect(live.api.callsOf("list", "datasets")).toHaveLength(1);
    expect(live.of(resource)).toMatchObject({ restarts: 0, lists: 1 });
    expect(live.told).toEqual([]);
  });

  it("goes on from the last bookmark", async () => {
    const live = await following();
    live.api.store.version = 7_000;
    const bookmark = { type: "BOOKMARK", object: { kind: "Dataset", metadata: { resourceVersion: "7000" } } };
    live.api.inject("datasets", `${JSON.stringify(bookmark)}\n`);
    const contact = live.of(resource).lastContact;
    await expect.poll(() => live.of(resource).lastContact).not.toBe(contact);
    live.api.endWatches("datasets");
    await expect.poll(() => watches(live.api).at(-1)?.query.get("resourceVersion")).toBe("7000");
  });

  it("that breaks in the middle of a line gets that line again", async () => {
    const live = await following();
    live.api.inject("datasets", '{"type":"DELETED","object":{"metadata":{"name":"data","names');
    live.api.endWatches("datasets", true);
    await expectFollowed(live);
    expect(live.api.callsOf("list", "datasets")).toHaveLength(1);
  });

  it("takes a line in whatever pieces it comes, and empty lines", async () => {
    const live = await following();
    const event = {
      type: "ADDED",
      object: { metadata: { name: "päck", namespace: "team", resourceVersion: "900" } },
    };
    const line = Buffer.from(`\n\n${JSON.stringify(event)}\n`);
    for (const byte of line) live.api.inject("datasets", Buffer.from([byte]));
    await expect.poll(() => live.cluster.view.dataset("team", "päck")).toBeDefined();
  });

  it("that the server ends at once again and again is begun ever more seldom", async () => {
    const live = await following({ timing: { firstPause: 20, longestPause: 10_000 } });
    live.api.fail({ verb: "watch", resource: "datasets" }, endAtOnce);
    const begun = performance.now();
    live.api.endWatches("datasets");
    await expect.poll(() => watches(live.api).length).toBeGreaterThan(5);
    // 20 + 40 + 80 + 160 ms, of which at least half is always waited.
    expect(performance.now() - begun).toBeGreaterThan(150);
    expect(live.api.callsOf("list", "datasets")).toHaveLength(1);
  });

  it("in which nothing arrives is given up and begun again", async () => {
    const api = await startApi(closing);
    api.store.put("datasets", dataset("data"));
    api.fail({ verb: "watch", resource: "datasets" }, silentWatch, 2);
    const live = await openLive(closing, api, { timing: { idle: 100 } });
    await expect.poll(() => live.of(resource).restarts).toBeGreaterThan(1);
    await expectFollowed(live);
    // A cluster in which nothing happens is no trouble to tell of.
    expect(live.told).toEqual([]);
  });

  it("that is not answered at all is given up, told, and begun again", async () => {
    const api = await startApi(closing);
    api.store.put("datasets", dataset("data"));
    api.fail({ verb: "watch", resource: "datasets" }, silence, 2);
    const live = await openLive(closing, api, { timing: { answer: 200 } });
    await expectFollowed(live);
    // On a busy machine other watches may take as long.
    expect(live.told.filter((line) => line.startsWith(resource))).toEqual([
      `${resource}: cannot watch ${resource}: no answer for 0.2 s; it is tried again`,
      `${resource}: well`,
    ]);
  });

  it.each([
    { name: "410 as an answer", fault: answering(410, "too old") },
    { name: "410 as an event", fault: saying(errorEvent(410, "too old resource version")) },
  ])("that the server lost track of ($name) makes everything be read anew", async ({ fault }) => {
    const live = await following();
    live.api.fail({ verb: "watch", resource: "datasets" }, fault, 1);
    live.api.store.put("datasets", dataset("gone"));
    await expect.poll(() => live.cluster.view.dataset("team", "gone")).toBeDefined();
    live.api.endWatches("datasets");
    live.api.store.delete("datasets", "gone", "team");
    await expect.poll(() => live.of(resource).lists).toBe(2);
    expect(live.cluster.view.dataset("team", "gone")).toBeUndefined();
    await expectFollowed(live);
    expect(live.told).toEqual([]);
  });

  it("that meets the same error again and again makes everything be read anew", async () => {
    const live = await following();
    live.api.fail({ verb: "watch", resource: "datasets" }, saying(errorEvent(500, "undecodable")), 3);
    live.api.endWatches("datasets");
    await expect.poll(() => live.of(resource).lists).toBe(2);
    await expectFollowed(live);
  });

  it("that is cut along with all others goes on", async () => {
    const live = await following();
    live.api.cutConnections();
    await expectFollowed(live);
  });
});

describe("trouble of the API server", () => {
  it("a restart is over for all resources soon after it is there again", async () => {
    const live = await following();
    const all = builtInResources.length + live.api.installed.size;
    await expect.poll(() => live.api.openWatches).toBe(all);
    await live.api.stop();
    await expect.poll(() => live.of(resource).restarts).toBeGreaterThan(5);
    expect(live.cluster.view.dataset("team", "data")?.phase).toBe("Bound");
    expect(live.of(resource)).toMatchObject({ state: "failing", objects: 1 });
    const back = performance.now();
    await live.api.listen();
    await expectFollowed(live);
    await expect.poll(() => live.api.openWatches).toBe(all);
    // The longest pause while nobody answers is 20 ms here.
    expect(performance.now() - back).toBeLessThan(20_000);
    expect(live.api.callsOf("list", "datasets")).toHaveLength(1);
  });

  it("a storm of errors loses nothing that is known", async () => {
    const live = await following();
    const over = live.api.fail(() => true, answering(503, "storm"));
    live.api.cutConnections();
    await expect.poll(() => live.of(resource).restarts).toBeGreaterThan(6);
    expect(live.cluster.view.dataset("team", "data")?.phase).toBe("Bound");
    expect(live.cluster.view.serverVersion()).toEqual({ major: 1, minor: 33 });
    over();
    await expectFollowed(live);
    expect(live.kinds).toEqual([]);
  });

  it("permissions that are taken away keep what is known, and are named", async () => {
    const live = await following();
    const given = live.api.fail({ resource: "datasets" }, forbidden);
    live.api.endWatches("datasets");
    const message = `${resource}: cannot watch ${resource}: give the ServiceAccount get, list and watch (datasets is forbidden: User "sluice" cannot watch resource "datasets")`;
    await expect.poll(() => live.told).toContain(message);
    expect(live.of(resource)).toMatchObject({ state: "failing", objects: 1 });
    expect(live.cluster.view.dataset("team", "data")?.phase).toBe("Bound");
    given();
    await expectFollowed(live);
    expect(live.told.at(-1)).toBe(`${resource}: well`);
    expect(live.of(resource).lists).toBe(1);
  });
});

describe("a CRD", () => {
  it("that is installed later is followed from then on", async () => {
    const api = await startApi(closing);
    api.installed.clear();
    const live = await openLive(closing, api);
    api.installed.add("datasets");
    api.store.put("datasets", dataset("data"));
    await expect.poll(() => live.cluster.view.dataset("team", "data")?.phase).toBe("Bound");
    expect(live.kinds).toEqual(["+Dataset"]);
    await expectFollowed(live);
  });

  it("that is removed takes its objects with it, and can come again", async () => {
    const live = await following();
    const { api, cluster } = live;
    api.store.put("thinruntimes", { metadata: { name: "data", namespace: "team" } });
    await expect.poll(() => cluster.view.runtime("ThinRuntime", "team", "data")).toBeDefined();
    api.installed.delete("datasets");
    api.endWatches("datasets");
    await expect.poll(() => cluster.view.dataset("team", "data")).toBeUndefined();
    expect(live.of(resource)).toMatchObject({ state: "absent", objects: 0 });
    expect(cluster.view.runtime("ThinRuntime", "team", "data")).toBeDefined();
    api.installed.add("datasets");
    await expect.poll(() => cluster.view.dataset("team", "data")?.phase).toBe("Bound");
    expect(live.kinds).toEqual(["-Dataset", "+Dataset"]);
    await expectFollowed(live);
  });

  it("that is not found once is not believed to be gone", async () => {
    const live = await following();
    const looks = () => live.api.callsOf("discovery", "").length;
    live.api.fail(({ path }) => path.startsWith("/apis/data.fluid.io"), answering(404, "not ready yet"), 1);
    const before = looks();
    await expect.poll(looks).toBeGreaterThan(before + 6);
    expect(live.kinds).toEqual([]);
    expect(live.cluster.view.dataset("team", "data")).toBeDefined();
  });

  it("whose discovery fails stays as it is", async () => {
    const live = await following();
    live.api.fail({ verb: "discovery" }, answering(500));
    await expect
      .poll(() => live.told)
      .toContainEqual(expect.stringMatching(/^discovery: cannot ask .*planted/));
    await expectFollowed(live);
    expect(live.kinds).toEqual([]);
  });
});
