import { mkdir, writeFile } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { openLiveCluster } from "../../src/cluster/live-cluster.ts";
import type { SyncProgress } from "../../src/cluster/live-cluster-options.ts";
import { answering, forbidden } from "../support/fake-api-faults.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { Closing, claim, dataset, node, openLive, startApi } from "../support/live-cluster.ts";
import { manyDatasetsPlace, objectsOfDataset } from "../support/many-datasets.ts";

const closing = new Closing();
afterEach(() => closing.all());

const plurals: Readonly<Record<string, string>> = {
  Dataset: "datasets",
  JuiceFSRuntime: "juicefsruntimes",
  PersistentVolumeClaim: "persistentvolumeclaims",
  PersistentVolume: "persistentvolumes",
  DaemonSet: "daemonsets",
};

/** Puts the objects of `count` datasets on the API server. */
function fill(api: FakeApiServer, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const { namespace, name } = manyDatasetsPlace(index);
    for (const object of objectsOfDataset(namespace, name, index)) {
      const { kind, metadata } = object as { kind: string; metadata: { name: string } };
      const plural = plurals[kind];
      if (plural !== undefined) api.store.put(plural, { ...object, metadata });
    }
  }
}

describe("a live cluster", () => {
  it("serves what the API server has, and follows it", async () => {
    const api = await startApi(closing);
    api.store.put("namespaces", { metadata: { name: "team", labels: { "sluice.io/injection": "enabled" } } });
    api.store.put("nodes", node("old", { zone: "a" }, "v1.28.1"));
    fill(api, 3);
    const { cluster } = await openLive(closing, api);
    const { view } = cluster;
    expect(view.namespace("team")?.labels).toEqual({ "sluice.io/injection": "enabled" });
    expect(view.serverVersion()).toEqual({ major: 1, minor: 33 });
    expect(view.nodesWithoutNativeSidecars().map(({ name }) => name)).toEqual(["old"]);
    expect(view.claim("team-1", "dataset-1")?.volumeName).toBe("team-1-dataset-1");
    expect(view.persistentVolume("team-1-dataset-1")?.csi?.driver).toBe("fuse.csi.fluid.io");
    expect(view.dataset("team-1", "dataset-1")?.phase).toBe("Bound");
    expect(view.runtime("JuiceFSRuntime", "team-1", "dataset-1")?.clientNodeSelector).toEqual({
      pool: "data",
    });
    expect(view.clientDaemonSet("team-1", "dataset-1-fuse")?.template.containers).toHaveLength(1);

    api.store.put("nodes", node("old", { zone: "b" }, "v1.33.0"));
    api.store.put("persistentvolumeclaims", claim("late", "pv"));
    api.store.delete("datasets", "dataset-1", "team-1");
    await expect.poll(() => view.nodesWithoutNativeSidecars()).toEqual([]);
    await expect.poll(() => view.claim("team", "late")?.volumeName).toBe("pv");
    await expect.poll(() => view.dataset("team-1", "dataset-1")).toBeUndefined();
    expect(view.dataset("team-2", "dataset-2")?.phase).toBe("Bound");
  });

  it("asks for what is in memory, or pages; for bookmarks, and for an end of each watch", async () => {
    const api = await startApi(closing);
    await openLive(closing, api);
    await expect.poll(() => api.openWatches).toBe(6 + api.installed.size);
    const lists = api.callsOf("list", "datasets").map(({ query }) => Object.fromEntries(query));
    expect(lists).toEqual([{ resourceVersion: "0", limit: "500" }]);
    const [watch] = api.callsOf("watch", "datasets");
    expect(watch?.query.get("allowWatchBookmarks")).toBe("true");
    expect(watch?.query.get("resourceVersion")).toBe(String(api.store.version));
    const seconds = Number(watch?.query.get("timeoutSeconds"));
    expect(seconds).toBeGreaterThanOrEqual(240);
    expect(seconds).toBeLessThanOrEqual(290);
    expect(api.calls.every(({ verb, resource }) => verb !== "list" || resource !== "serviceaccounts")).toBe(
      true,
    );
  });

  it.each([
    { how: "at once from memory", listsFromMemory: true, calls: 1 },
    { how: "by pages", listsFromMemory: false, calls: 21 },
  ])("reads 10,000 claims $how, and keeps equal parts once", async ({ listsFromMemory, calls }) => {
    const api = await startApi(closing);
    api.listsFromMemory = listsFromMemory;
    for (let index = 0; index < 10_000; index += 1)
      api.store.put("persistentvolumeclaims", claim(`claim-${index}`, `pv-${index}`));
    fill(api, 2);
    const { cluster, of } = await openLive(closing, api);
    expect(of("persistentvolumeclaims")).toMatchObject({ objects: 10_002, lists: 1, state: "following" });
    expect(api.callsOf("list", "persistentvolumeclaims")).toHaveLength(calls);
    expect(cluster.view.claim("team", "claim-9999")?.volumeName).toBe("pv-9999");
    const [first, second] = [0, 1].map(
      (index) =>
        cluster.view.clientDaemonSet(`team-${index}`, `dataset-${index}-fuse`)?.template.containers[0],
    );
    expect(first?.env?.[2]).toBe(second?.env?.[2]);
  });

  it("tells its progress", async () => {
    const api = await startApi(closing);
    api.installed.clear();
    api.store.put("nodes", node("a"));
    const progress: SyncProgress[] = [];
    await openLive(closing, api, { onProgress: (step) => progress.push(step) });
    expect(progress.map(({ synced }) => synced)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(progress.every(({ of }) => of === 6)).toBe(true);
    expect(progress.find(({ resource }) => resource === "nodes")?.objects).toBe(1);
  });

  it("needs no Fluid", async () => {
    const api = await startApi(closing);
    api.installed.clear();
    const { of, told } = await openLive(closing, api);
    expect(of("datasets.data.fluid.io").state).toBe("absent");
    expect(of("nodes").state).toBe("following");
    expect(told).toEqual([]);
  });

  it("ends its watches when it is closed, and reads no more", async () => {
    const api = await startApi(closing);
    const { cluster } = await openLive(closing, api);
    await expect.poll(() => api.openWatches).toBe(6 + api.installed.size);
    await cluster.close();
    await expect.poll(() => api.openWatches).toBe(0);
    expect(await cluster.refresh([{ kind: "Node", name: "a" }], 1_000)).toBe(false);
  });
});

describe("at the start", () => {
  it("an API server that is not there yet is waited for", async () => {
    const api = await startApi(closing);
    api.store.put("datasets", dataset("data"));
    await api.stop();
    const told: string[] = [];
    const opening = openLive(closing, api, {
      onProblem: (resource, problem) => told.push(`${resource}: ${problem}`),
    });
    await expect.poll(() => told.length).toBeGreaterThan(3);
    await api.listen();
    const { cluster } = await opening;
    expect(cluster.view.dataset("team", "data")?.phase).toBe("Bound");
    expect(told).toContainEqual(
      expect.stringMatching(/^nodes: cannot list nodes: connect ECONNREFUSED .*; it is tried again$/),
    );
    expect(told).toContain("nodes: undefined");
  });

  it("it is not waited for longer than is allowed", async () => {
    const api = await startApi(closing);
    await api.stop();
    await expect(openLive(closing, api, { startLimit: 3_000 })).rejects.toThrow(
      /^the API server https:\/\/127\.0\.0\.1:\d+ could not be read within 3 s: cannot list .*ECONNREFUSED/,
    );
  });

  it("a missing permission is named", async () => {
    const api = await startApi(closing);
    api.fail({ resource: "datasets" }, forbidden);
    await expect(openLive(closing, api, { startLimit: 3_000 })).rejects.toThrow(
      /could not be read within 3 s: cannot list datasets\.data\.fluid\.io: give the ServiceAccount get, list and watch \(datasets is forbidden/,
    );
    await expect.poll(() => api.openWatches).toBe(0);
  });

  it("it can be ended", async () => {
    const api = await startApi(closing);
    api.fail({}, answering(500));
    await expect(openLive(closing, api, { signal: AbortSignal.timeout(50) })).rejects.toThrow(/was ended/);
  });

  it.each([
    { name: "is missing", content: undefined, message: /kubeconfig .*nowhere cannot be used: ENOENT/ },
    { name: "is no YAML", content: "{", message: /kubeconfig .* cannot be used: / },
    { name: "is empty", content: "", message: /kubeconfig .* cannot be used: / },
    {
      name: "names no context",
      content: "{clusters: [], users: [], contexts: []}",
      message: /has no context/,
    },
  ])("a kubeconfig that $name is told at once", async ({ content, message }) => {
    const api = await startApi(closing);
    const file = content === undefined ? `${api.kubeconfig}-nowhere` : `${api.kubeconfig}-other`;
    if (content !== undefined) await writeFile(file, content);
    const opening = openLiveCluster({ kubeconfig: file });
    await expect(opening).rejects.toMatchObject({ name: "KubeConfigError" });
    await expect(opening).rejects.toThrow(message);
  });

  it("another context can be chosen, and an unknown one is told with those that exist", async () => {
    const api = await startApi(closing);
    await openLive(closing, api, { context: "fake" });
    await expect(openLive(closing, api, { context: "prod" })).rejects.toThrow(
      /has no context "prod" .*choose one of its contexts \(fake\)/,
    );
  });
});

describe("credentials", () => {
  it("come from a token file that is read again when the server refuses the old token", async () => {
    const api = await startApi(closing);
    await writeFile(api.tokenFile, api.token);
    await api.writeKubeconfig({ tokenFile: "token" });
    const { cluster } = await openLive(closing, api);
    api.token = "renewed";
    await writeFile(api.tokenFile, api.token);
    api.cutConnections();
    api.store.put("datasets", dataset("late"));
    await expect.poll(() => cluster.view.dataset("team", "late")?.phase).toBe("Bound");
  });

  it("come from a plugin", async () => {
    const api = await startApi(closing);
    const credential = {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: api.token },
    };
    const exec = {
      apiVersion: credential.apiVersion,
      command: process.execPath,
      args: ["-e", `console.log('${JSON.stringify(credential)}')`],
      interactiveMode: "Never",
    };
    await api.writeKubeconfig({ exec });
    api.store.put("nodes", node("a"));
    const { cluster } = await openLive(closing, api);
    expect(cluster.view.nodeCount()).toBe(1);
  });

  it("that are wrong are told as such", async () => {
    const api = await startApi(closing);
    await api.writeKubeconfig({ token: "wrong" });
    await expect(openLive(closing, api, { startLimit: 3_000 })).rejects.toThrow(
      /the API server does not accept the credentials; renew them \(Unauthorized\)/,
    );
  });

  it("of a pod go before ~/.kube/config", async () => {
    const api = await startApi(closing);
    const root = `${api.kubeconfig}-pod`;
    const directory = `${root}/var/run/secrets/kubernetes.io/serviceaccount`;
    await mkdir(directory, { recursive: true });
    await writeFile(`${directory}/token`, api.token);
    await writeFile(`${directory}/ca.crt`, api.authorityCertificate);
    process.env["KUBERNETES_SERVICE_HOST"] = "127.0.0.1";
    process.env["KUBERNETES_SERVICE_PORT"] = String(api.port);
    try {
      const { cluster } = await openLive(closing, api, { kubeconfig: undefined, inClusterRoot: root });
      expect(cluster.status().server).toBe(`https://127.0.0.1:${api.port}`);
    } finally {
      delete process.env["KUBERNETES_SERVICE_HOST"];
      delete process.env["KUBERNETES_SERVICE_PORT"];
    }
  });
});
