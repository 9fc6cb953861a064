import { afterEach, describe, expect, it } from "vitest";
import { after, answering, forbidden, silence } from "../support/fake-api-faults.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import {
  Closing,
  claim,
  claimRef,
  dataset,
  datasetRef,
  type Live,
  openLive,
  startApi,
} from "../support/live-cluster.ts";

const closing = new Closing();
afterEach(() => closing.all());

const reads = (api: FakeApiServer) => api.callsOf("get", "persistentvolumeclaims").length;

/** A cluster whose watches of claims and Datasets never say anything, so that only fresh reads bring news. */
async function deaf(options: Parameters<typeof openLive>[2] = {}): Promise<Live> {
  const api = await startApi(closing);
  for (const resource of ["persistentvolumeclaims", "datasets"])
    api.fail({ verb: "watch", resource }, silence);
  return openLive(closing, api, options);
}

async function timed<T>(work: Promise<T>): Promise<{ result: T; ms: number }> {
  const begun = performance.now();
  const result = await work;
  return { result, ms: performance.now() - begun };
}

/** A promise that is kept from outside. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const doors: (() => void)[] = [];
  const opened = new Promise<void>((resolve) => doors.push(resolve));
  const open = () => {
    for (const door of doors) door();
  };
  return { opened, open };
}

describe("a fresh read", () => {
  it("brings what the watch has not", async () => {
    const { api, cluster } = await deaf();
    api.store.put("persistentvolumeclaims", claim("data", "pv"));
    api.store.put("datasets", dataset("data"));
    expect(await cluster.refresh([claimRef("data")], 1_000)).toBe(true);
    expect(cluster.view.claim("team", "data")?.volumeName).toBe("pv");
    expect(cluster.view.dataset("team", "data")).toBeUndefined();
    expect(await cluster.refresh([claimRef("data"), datasetRef("data")], 1_000)).toBe(true);
    expect(cluster.view.dataset("team", "data")?.phase).toBe("Bound");
    expect(cluster.status().freshReads).toMatchObject({ missing: 0, failed: 0 });
  });

  it("says so when nothing is new, at once", async () => {
    const { api, cluster } = await deaf();
    api.store.put("persistentvolumeclaims", claim("data", "pv"));
    await cluster.refresh([claimRef("data")], 1_000);
    const { result, ms } = await timed(cluster.refresh([claimRef("data")], 10_000));
    expect(result).toBe(false);
    expect(ms).toBeLessThan(9_000);
    expect(reads(api)).toBe(2);
  });

  it("takes out what is gone", async () => {
    const api = await startApi(closing);
    for (const resource of ["persistentvolumeclaims", "datasets"])
      api.fail({ verb: "watch", resource }, silence);
    api.store.put("persistentvolumeclaims", claim("data", "pv"));
    const { cluster } = await openLive(closing, api);
    api.store.delete("persistentvolumeclaims", "data", "team");
    expect(await cluster.refresh([claimRef("data")], 1_000)).toBe(true);
    expect(cluster.view.claim("team", "data")).toBeUndefined();
  });

  it("is made once for all who ask at the same time", async () => {
    const { api, cluster } = await deaf();
    api.store.put("persistentvolumeclaims", claim("data", "pv"));
    const door = gate();
    api.fail({ verb: "get" }, after(door.opened));
    const asked = Array.from({ length: 50 }, () => cluster.refresh([claimRef("data")], 5_000));
    await expect.poll(() => reads(api)).toBe(1);
    door.open();
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 50 }, () => true));
    expect(reads(api)).toBe(1);
  });

  it.each([
    { name: "silence", fault: silence },
    { name: "500", fault: answering(500) },
    { name: "403", fault: forbidden },
  ])("that meets $name keeps what is known, within its budget", async ({ fault }) => {
    const { api, cluster } = await deaf();
    api.store.put("persistentvolumeclaims", claim("known", "pv"));
    await cluster.refresh([claimRef("known")], 1_000);
    api.fail({ verb: "get" }, fault);
    const { result, ms } = await timed(cluster.refresh([claimRef("known"), claimRef("new")], 150));
    expect(result).toBe(false);
    expect(ms).toBeLessThan(4_000);
    expect(cluster.view.claim("team", "known")?.volumeName).toBe("pv");
  });

  it("leaves a doubt where it got no answer, and none where it got one, be it no", async () => {
    const { api, cluster } = await deaf();
    const refs = [claimRef("data")];
    expect(cluster.doubts?.(refs)).toBe(false);
    await cluster.refresh(refs, 50);
    expect(cluster.doubts?.(refs)).toBe(false);

    const storm = api.fail({ resource: "persistentvolumeclaims", verb: "get" }, answering(500));
    await expect.poll(() => cluster.refresh(refs, 100).then(() => cluster.doubts?.(refs))).toBe(true);
    expect(cluster.doubts?.([claimRef("other")])).toBe(false);
    storm();
    await expect.poll(() => cluster.refresh(refs, 100).then(() => cluster.doubts?.(refs))).toBe(false);

    // Whoever polls for it meanwhile makes no doubt of what was answered; a first read that hangs does.
    const lift = api.fail({ resource: "persistentvolumeclaims", verb: "get" }, silence);
    await cluster.refresh([...refs, claimRef("hanging")], 50);
    expect(cluster.doubts?.(refs)).toBe(false);
    expect(cluster.doubts?.([claimRef("hanging")])).toBe(true);
    lift();

    const open = api.fail({ resource: "persistentvolumeclaims", verb: "get" }, forbidden);
    await cluster.refresh([claimRef("secret")], 100);
    expect(cluster.doubts?.([claimRef("secret")])).toBe(false);
    open();

    // Credentials that have expired are read anew: that tells nothing of rights.
    api.fail({ resource: "persistentvolumeclaims", verb: "get" }, answering(401));
    const refused = [claimRef("expired")];
    await expect.poll(() => cluster.refresh(refused, 100).then(() => cluster.doubts?.(refused))).toBe(true);
    expect(cluster.denied?.(refused)).toBeUndefined();
  });

  it("tells what it was not permitted to read, until it is", async () => {
    const { api, cluster } = await deaf();
    const refs = [claimRef("data"), claimRef("secret")];
    expect(cluster.denied?.(refs)).toBeUndefined();
    const lift = api.fail({ resource: "persistentvolumeclaims", verb: "get" }, forbidden);
    const denied = () => cluster.refresh([claimRef("secret")], 100).then(() => cluster.denied?.(refs));
    await expect.poll(denied).toEqual(claimRef("secret"));
    expect(cluster.denied?.([claimRef("data")])).toBeUndefined();
    lift();
    await expect.poll(() => cluster.refresh(refs, 100).then(() => cluster.denied?.(refs))).toBeUndefined();
  });

  it("tells of a right that was missing only for a moment: when the next read hangs, it may have been given", async () => {
    const { api, cluster } = await deaf({ timing: { denial: 300, poll: 60_000 } });
    const refs = [claimRef("secret")];
    const lift = api.fail({ resource: "persistentvolumeclaims", verb: "get" }, forbidden);
    await cluster.refresh(refs, 50);
    await expect.poll(() => cluster.status().freshReads.failed, { timeout: 60_000 }).toBe(1);
    lift();
    await expect.poll(() => cluster.denied?.(refs), { timeout: 60_000 }).toBeUndefined();
    expect(cluster.doubts?.(refs)).toBe(false);
    api.fail({ resource: "persistentvolumeclaims", verb: "get" }, silence);
    await cluster.refresh(refs, 50);
    expect(cluster.denied?.(refs)).toBeUndefined();
    expect(cluster.doubts?.(refs)).toBe(true);
  });

  it("survives an API server that is not there", async () => {
    const { api, cluster } = await deaf();
    await api.stop();
    expect(await cluster.refresh([claimRef("data")], 100)).toBe(false);
    await api.listen();
    api.store.put("persistentvolumeclaims", claim("data", "pv"));
    await expect.poll(() => cluster.refresh([claimRef("data")], 500)).toBe(true);
  });

  it.each(["../nodes", "..", "", "a/b", "a%2fb", "UPPER", "a?watch=true", "-"])(
    "is not made for %j, which names no object",
    async (name) => {
      const { api, cluster } = await deaf();
      const before = api.calls.length;
      expect(await cluster.refresh([claimRef(name), claimRef("data", name)], 5_000)).toBe(false);
      expect(api.calls.slice(before).filter(({ verb }) => verb === "get")).toEqual([]);
    },
  );

  it("is not made for kinds that nobody asks for", async () => {
    const { api, cluster } = await deaf();
    expect(await cluster.refresh([{ kind: "Secret", namespace: "team", name: "key" }], 5_000)).toBe(false);
    expect(api.calls.some(({ resource }) => resource === "secrets")).toBe(false);
  });
});

describe("answers that come out of order", () => {
  it("an old read does not overwrite a newer watch event", async () => {
    const api = await startApi(closing);
    api.store.put("persistentvolumeclaims", claim("data"));
    const { cluster } = await openLive(closing, api);
    const door = gate();
    api.fail({ verb: "get" }, (response, { answer }) => {
      const old = JSON.stringify(answer());
      void door.opened.then(() => response.writeHead(200).end(old));
    });
    const refreshing = cluster.refresh([claimRef("data")], 5_000);
    await expect.poll(() => reads(api)).toBe(1);
    api.store.put("persistentvolumeclaims", claim("data", "pv"));
    expect(await refreshing).toBe(true);
    door.open();
    await expect.poll(() => cluster.status().freshReads.found).toBe(1);
    expect(cluster.view.claim("team", "data")?.volumeName).toBe("pv");
  });

  it("an old read does not bring back what was deleted meanwhile", async () => {
    const api = await startApi(closing);
    api.store.put("persistentvolumeclaims", claim("data", "pv"));
    const { cluster } = await openLive(closing, api);
    const door = gate();
    api.fail({ verb: "get" }, (response, { answer }) => {
      const old = JSON.stringify(answer());
      void door.opened.then(() => response.writeHead(200).end(old));
    });
    const refreshing = cluster.refresh([claimRef("data")], 5_000);
    await expect.poll(() => reads(api)).toBe(1);
    api.store.delete("persistentvolumeclaims", "data", "team");
    expect(await refreshing).toBe(true);
    door.open();
    await expect.poll(() => cluster.status().freshReads.found).toBe(1);
    expect(cluster.view.claim("team", "data")).toBeUndefined();
  });

  it("an old answer that there is none does not take out what was made meanwhile", async () => {
    const api = await startApi(closing);
    const { cluster } = await openLive(closing, api);
    const door = gate();
    api.fail({ verb: "get" }, (response) => {
      void door.opened.then(() => response.writeHead(404).end("{}"));
    });
    const refreshing = cluster.refresh([claimRef("data")], 5_000);
    await expect.poll(() => reads(api)).toBe(1);
    api.store.put("persistentvolumeclaims", claim("data", "pv"));
    expect(await refreshing).toBe(true);
    door.open();
    await expect.poll(() => cluster.status().freshReads.missing).toBe(1);
    expect(cluster.view.claim("team", "data")?.volumeName).toBe("pv");
  });

  it("an old watch event does not overwrite a newer read", async () => {
    const { api, cluster } = await deaf();
    api.store.put("nodes", { metadata: { name: "a", labels: { state: "new" } } });
    await expect.poll(() => cluster.view.node("a")?.labels).toEqual({ state: "new" });
    const late = { metadata: { name: "a", labels: { state: "old" }, resourceVersion: "1" } };
    api.inject("nodes", `${JSON.stringify({ type: "MODIFIED", object: late })}\n`);
    api.inject("nodes", `${JSON.stringify({ type: "DELETED", object: late })}\n`);
    api.store.put("nodes", { metadata: { name: "b" } });
    await expect.poll(() => cluster.view.node("b")).toBeDefined();
    expect(cluster.view.node("a")?.labels).toEqual({ state: "new" });
  });
});

describe("waiting for what is about to come", () => {
  it("ends as soon as the claim is made", async () => {
    const api = await startApi(closing);
    const { cluster } = await openLive(closing, api);
    const refreshing = timed(cluster.refresh([claimRef("data")], 10_000));
    await expect.poll(() => reads(api)).toBeGreaterThan(0);
    api.store.put("persistentvolumeclaims", claim("data"));
    const { result, ms } = await refreshing;
    expect(result).toBe(true);
    expect(ms).toBeLessThan(9_000);
    expect(cluster.view.claim("team", "data")).toBeDefined();
  });

  it.each([
    { name: "by the watch", open: () => startApi(closing).then((api) => openLive(closing, api)) },
    { name: "by reading again where the watch is silent", open: () => deaf() },
  ])("sees a claim bound $name", async ({ open }) => {
    const { api, cluster } = await open();
    api.store.put("persistentvolumeclaims", claim("data"));
    await expect.poll(() => cluster.refresh([claimRef("data")], 50)).toBe(false);
    const refreshing = cluster.refresh([claimRef("data")], 10_000);
    api.store.put("persistentvolumeclaims", claim("data", "pv"));
    expect(await refreshing).toBe(true);
    expect(cluster.view.claim("team", "data")?.volumeName).toBe("pv");
  });

  it("sees a Dataset bound", async () => {
    const { api, cluster } = await deaf();
    api.store.put("datasets", dataset("data", "NotBound"));
    await cluster.refresh([datasetRef("data")], 1_000);
    const refreshing = cluster.refresh([datasetRef("data")], 10_000);
    api.store.put("datasets", dataset("data", "Bound"));
    expect(await refreshing).toBe(true);
    expect(cluster.view.dataset("team", "data")?.phase).toBe("Bound");
  });

  it("is not ended by a change that nobody can see", async () => {
    const api = await startApi(closing);
    api.store.put("persistentvolumeclaims", claim("data"));
    const { cluster } = await openLive(closing, api);
    const refreshing = cluster.refresh([claimRef("data")], 200);
    const annotated = {
      ...claim("data"),
      metadata: { name: "data", namespace: "team", annotations: { a: "b" } },
    };
    api.store.put("persistentvolumeclaims", annotated);
    expect(await refreshing).toBe(false);
  });

  it("keeps its budget", async () => {
    const { api, cluster } = await deaf();
    const { result, ms } = await timed(cluster.refresh([claimRef("data")], 200));
    expect(result).toBe(false);
    expect(ms).toBeGreaterThan(150);
    expect(ms).toBeLessThan(4_000);
    expect(reads(api)).toBeGreaterThan(1);
  });

  it("reads once for all who wait", async () => {
    const { api, cluster } = await deaf({ timing: { poll: 200 } });
    const waiting = Array.from({ length: 100 }, () => cluster.refresh([claimRef("data")], 1_500));
    await Promise.all(waiting);
    expect(reads(api)).toBeGreaterThan(1);
    expect(reads(api)).toBeLessThan(10);
  });

  it("is not done for claims that are being deleted, nor for a kind without its CRD", async () => {
    const { api, cluster } = await deaf();
    api.installed.delete("datasets");
    await expect
      .poll(() => cluster.status().resources.find(({ resource }) => /^datasets/.test(resource))?.state)
      .toBe("absent");
    const deleting = {
      ...claim("data"),
      metadata: { name: "data", namespace: "team", deletionTimestamp: "now" },
    };
    api.store.put("persistentvolumeclaims", deleting);
    await cluster.refresh([claimRef("data")], 1_000);
    const { result, ms } = await timed(cluster.refresh([claimRef("data"), datasetRef("data")], 10_000));
    expect(result).toBe(false);
    expect(ms).toBeLessThan(9_000);
  });
});

describe("an answer that there is none", () => {
  /** Resolves when claim "data" was read and is not there, with how often it was asked for by then. */
  async function absent({ api, cluster }: Pick<Live, "api" | "cluster">): Promise<number> {
    await expect
      .poll(() => cluster.refresh([claimRef("data")], 50).then(() => cluster.status().freshReads.missing))
      .toBeGreaterThan(0);
    return reads(api);
  }

  it("is used again for a while", async () => {
    const { api, cluster } = await deaf({ timing: { absence: 60_000, poll: 60_000 } });
    const before = await absent({ api, cluster });
    await cluster.refresh([claimRef("data")], 50);
    expect(reads(api)).toBe(before);
  });

  it("is forgotten after that", async () => {
    const { api, cluster } = await deaf({ timing: { absence: 1, poll: 60_000 } });
    const before = await absent({ api, cluster });
    await expect
      .poll(() => cluster.refresh([claimRef("data")], 50).then(() => reads(api)))
      .toBeGreaterThan(before);
  });

  it("is forgotten at the first watch event of its resource", async () => {
    const api = await startApi(closing);
    const { cluster } = await openLive(closing, api, { timing: { absence: 60_000, poll: 60_000 } });
    const before = await absent({ api, cluster });
    api.store.put("persistentvolumeclaims", claim("other"));
    await expect.poll(() => cluster.view.claim("team", "other")).toBeDefined();
    await expect
      .poll(() => cluster.refresh([claimRef("data")], 50).then(() => reads(api)))
      .toBeGreaterThan(before);
  });
});
