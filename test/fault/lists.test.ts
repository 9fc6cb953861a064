import { afterEach, describe, expect, it } from "vitest";
import { answering, endAtOnce, half, inPieces, reset, silence } from "../support/fake-api-faults.ts";
import { type Fault, json } from "../support/fake-api-server.ts";
import { Closing, claim, dataset, node, openLive, startApi } from "../support/live-cluster.ts";

const closing = new Closing();
afterEach(() => closing.all());

const notJson: Fault = (response) => response.writeHead(200).end("<html>a proxy's page</html>");
const noList: Fault = (response) => json(response, 200, { kind: "Status", code: 200 });

describe("a list that fails", () => {
  it.each([
    { name: "with 500", fault: answering(500), problem: /planted/ },
    {
      name: "with 503 and Retry-After",
      fault: answering(503, "busy", { "retry-after": "0.05" }),
      problem: /busy/,
    },
    { name: "with 429", fault: answering(429, "slow down"), problem: /slow down/ },
    { name: "by a reset", fault: reset, problem: /socket hang up|ECONNRESET|disconnected/ },
    { name: "half way", fault: half, problem: /aborted|ECONNRESET/ },
    { name: "by an empty answer", fault: endAtOnce, problem: /the answer is no JSON/ },
    { name: "by an answer that is no JSON", fault: notJson, problem: /the answer is no JSON/ },
    { name: "by an answer that is no list", fault: noList, problem: /no list of Kubernetes objects/ },
    { name: "by silence", fault: silence, problem: /no answer for 0\.5 s/ },
  ])("$name is tried again", async ({ fault, problem }) => {
    const api = await startApi(closing);
    api.store.put("datasets", dataset("data"));
    api.fail({ verb: "list", resource: "datasets" }, fault, 3);
    const { cluster, told, of } = await openLive(closing, api, { timing: { answer: 500 } });
    expect(cluster.view.dataset("team", "data")?.phase).toBe("Bound");
    expect(told).toContainEqual(expect.stringMatching(problem));
    expect(told).toContain("datasets.data.fluid.io: well");
    expect(of("datasets.data.fluid.io")).toMatchObject({
      restarts: 3,
      state: "following",
      problem: undefined,
    });
  });

  it("half way goes on by pages, from the one that failed", async () => {
    const api = await startApi(closing);
    for (let index = 0; index < 1_200; index += 1)
      api.store.put("persistentvolumeclaims", claim(`claim-${index}`));
    api.fail(
      ({ verb, query }) => verb === "list" && query.get("continue")?.endsWith(":500") === true,
      half,
      2,
    );
    api.fail({ verb: "list", resource: "persistentvolumeclaims" }, half, 1);
    const { of } = await openLive(closing, api);
    expect(of("persistentvolumeclaims")).toMatchObject({ objects: 1_200, restarts: 3, lists: 1 });
    const lists = api.callsOf("list", "persistentvolumeclaims").map(({ query }) => ({
      resourceVersion: query.get("resourceVersion"),
      continue: query.get("continue")?.split(":")[1],
    }));
    const pages = [undefined, "500", "500", "500", "1000"];
    expect(lists).toEqual([
      { resourceVersion: "0", continue: undefined },
      ...pages.map((page) => ({ resourceVersion: null, continue: page })),
    ]);
  });

  it("half way goes on from the page that failed where there are only pages", async () => {
    const api = await startApi(closing);
    api.listsFromMemory = false;
    for (let index = 0; index < 1_200; index += 1)
      api.store.put("persistentvolumeclaims", claim(`claim-${index}`));
    api.fail(
      ({ verb, query }) => verb === "list" && query.get("continue")?.endsWith(":500") === true,
      half,
      2,
    );
    const { of } = await openLive(closing, api);
    expect(of("persistentvolumeclaims")).toMatchObject({ objects: 1_200, restarts: 2, lists: 1 });
    const pages = api.callsOf("list", "persistentvolumeclaims").map(({ query }) => query.get("continue"));
    expect(pages.map((page) => page?.split(":")[1])).toEqual([undefined, "500", "500", "500", "1000"]);
  });

  it.each([410, 400])("half way for good (%d) begins again", async (code) => {
    const api = await startApi(closing);
    api.listsFromMemory = false;
    for (let index = 0; index < 1_200; index += 1)
      api.store.put("persistentvolumeclaims", claim(`claim-${index}`));
    api.fail(({ query }) => query.get("continue")?.endsWith(":1000") === true, answering(code, "expired"), 3);
    const { of, cluster } = await openLive(closing, api);
    expect(of("persistentvolumeclaims")).toMatchObject({ objects: 1_200, lists: 1 });
    expect(cluster.view.claim("team", "claim-1199")).toBeDefined();
  });

  it("by silence does not keep others waiting for ever", async () => {
    const api = await startApi(closing);
    api.store.put("nodes", node("a"));
    const silent = ["namespaces", "persistentvolumeclaims", "persistentvolumes", "datasets"];
    api.fail(({ resource }) => silent.includes(resource), silence);
    const synced: string[] = [];
    const opening = openLive(closing, api, {
      startLimit: 3_000,
      timing: { answer: 50 },
      onProgress: ({ resource }) => synced.push(resource),
    });
    await expect(opening).rejects.toThrow(/could not be read within 3 s: .*no answer for 0\.05 s/);
    expect(synced).toEqual(
      expect.arrayContaining(["nodes", "daemonsets.apps", "thinruntimes.data.fluid.io"]),
    );
  });

  it("but only slowly succeeds", async () => {
    const api = await startApi(closing);
    api.store.put("datasets", dataset("data"));
    // Longer in all than the server may be silent at a time.
    api.fail({ verb: "list", resource: "datasets" }, inPieces(12, 100));
    const { cluster, of } = await openLive(closing, api, { timing: { answer: 1_000 } });
    expect(cluster.view.dataset("team", "data")).toBeDefined();
    expect(of("datasets.data.fluid.io").restarts).toBe(0);
  });
});

describe("reading everything anew", () => {
  it("never shows an empty cluster, drops what has gone, and keeps what has come", async () => {
    const api = await startApi(closing);
    for (let index = 0; index < 1_500; index += 1) api.store.put("datasets", dataset(`data-${index}`));
    const { cluster, of } = await openLive(closing, api);
    const { view } = cluster;
    const seen = new Set<string | undefined>();
    const look = setInterval(() => seen.add(view.dataset("team", "data-1")?.phase), 1);
    try {
      await expect.poll(() => api.callsOf("watch", "datasets").length).toBe(1);
      api.fail({ verb: "list", resource: "datasets" }, inPieces(5, 10));
      const down = api.fail({ verb: "watch", resource: "datasets" }, answering(500));
      api.endWatches("datasets");
      api.store.delete("datasets", "data-0", "team");
      api.store.put("datasets", dataset("data-2", "Failed"));
      api.store.put("datasets", dataset("data-new"));
      api.store.compact();
      down();
      await expect.poll(() => of("datasets.data.fluid.io").lists).toBe(2);
    } finally {
      clearInterval(look);
    }
    expect(view.dataset("team", "data-0")).toBeUndefined();
    expect(view.dataset("team", "data-2")?.phase).toBe("Failed");
    expect(view.dataset("team", "data-new")).toBeDefined();
    expect(of("datasets.data.fluid.io").objects).toBe(1_500);
    expect([...seen]).toEqual(["Bound"]);
  });

  it("believes a store that was put back to an earlier state", async () => {
    const api = await startApi(closing);
    api.store.version = 9_000;
    api.store.put("datasets", dataset("kept", "Failed"));
    api.store.put("datasets", dataset("lost"));
    const { cluster, of } = await openLive(closing, api);
    const objects = api.store.collection("datasets");
    objects.objects.clear();
    objects.history = [];
    api.store.version = 500;
    api.store.put("datasets", dataset("kept", "Bound"));
    const tooNew = answering(504, "Too large resource version: 9002, current: 501");
    api.fail(({ verb, query }) => verb === "watch" && Number(query.get("resourceVersion")) > 8_000, tooNew);
    const before = api.callsOf("list", "datasets").length;
    api.endWatches("datasets");
    await expect.poll(() => cluster.view.dataset("team", "kept")?.phase).toBe("Bound");
    expect(cluster.view.dataset("team", "lost")).toBeUndefined();
    api.store.put("datasets", dataset("kept", "Failed"));
    await expect.poll(() => cluster.view.dataset("team", "kept")?.phase).toBe("Failed");
    expect(of("datasets.data.fluid.io").lists).toBe(2);
    // Not older than what is known, which is refused; then by pages, which are seen to be older; then once more.
    const lists = api.callsOf("list", "datasets").slice(before);
    expect(lists.map(({ query }) => query.get("resourceVersion"))).toEqual(["9002", null, null]);
  });
});
