import { afterEach, describe, expect, it } from "vitest";
import type { PluginProfile } from "../../src/cluster/cluster-view.ts";
import { forbidden } from "../support/fake-api-faults.ts";
import { type FakeApiServer, status } from "../support/fake-api-server.ts";
import { Closing, claim, openLive, startApi } from "../support/live-cluster.ts";

const closing = new Closing();
afterEach(() => closing.all());

const place = { namespace: "fluid-system", name: "webhook-plugins" };

function put(api: FakeApiServer, steps: string, metadata: { namespace: string; name: string } = place): void {
  const pluginsProfile = `plugins: {serverful: {withDataset: [${steps}]}}`;
  api.store.put("configmaps", { metadata, data: { pluginsProfile } });
}

async function openWithProfile(api: FakeApiServer) {
  const profiles: (PluginProfile | undefined)[] = [];
  const live = await openLive(closing, api, {
    pluginProfile: place,
    onPluginProfile: (profile) => profiles.push(profile),
  });
  const { view } = live.cluster;
  const steps = () => view.pluginProfile(place.namespace, place.name)?.pipelines?.serverful.withDataset;
  return { ...live, profiles, steps };
}

describe("the plugin profile of a live cluster", () => {
  it("is followed: made, changed, broken, mended and deleted", async () => {
    const api = await startApi(closing);
    const { profiles, steps } = await openWithProfile(api);
    expect(steps()).toBeUndefined();
    put(api, "DatasetUsageInjector");
    await expect.poll(steps).toEqual(["DatasetUsageInjector"]);
    put(api, "RequireNodeWithFuse");
    await expect.poll(steps).toEqual(["RequireNodeWithFuse"]);
    put(api, "RequireNodesWithFuse");
    await expect.poll(() => profiles.at(-1)?.problems[0]).toContain('"RequireNodesWithFuse" is no plugin');
    expect(steps()).toEqual(["RequireNodeWithFuse"]);
    put(api, "FilePrefetcher");
    await expect.poll(steps).toEqual(["FilePrefetcher"]);
    api.store.delete("configmaps", place.name, place.namespace);
    await expect.poll(steps).toBeUndefined();
    expect(profiles.map((profile) => profile?.problems.length)).toEqual([0, 0, 1, 0, undefined]);
  });

  it("is there from the start, and found by its name in its namespace alone", async () => {
    const api = await startApi(closing);
    put(api, "DatasetUsageInjector");
    put(api, "FilePrefetcher", { ...place, namespace: "elsewhere" });
    put(api, "FilePrefetcher", { ...place, name: "other" });
    const { cluster, steps, of } = await openWithProfile(api);
    expect(steps()).toEqual(["DatasetUsageInjector"]);
    expect(cluster.view.pluginProfile("elsewhere", place.name)).toBeUndefined();
    expect(of("configmaps").objects).toBe(1);
    await expect.poll(() => api.callsOf("watch", "configmaps").length).toBeGreaterThan(0);
    for (const { path, query } of api.calls.filter(({ resource }) => resource === "configmaps")) {
      expect(path).toBe("/api/v1/namespaces/fluid-system/configmaps");
      expect(query.get("fieldSelector")).toBe("metadata.name=webhook-plugins");
    }
  });

  it("is not read where nobody asks for it", async () => {
    const api = await startApi(closing);
    await openLive(closing, api);
    expect(api.calls.filter(({ resource }) => resource === "configmaps")).toEqual([]);
  });

  it("keeps nothing else waiting where it may not be read, and is followed once it may", async () => {
    const api = await startApi(closing);
    put(api, "DatasetUsageInjector");
    api.store.put("persistentvolumeclaims", claim("data", "pv"));
    const allow = api.fail({ resource: "configmaps" }, forbidden);
    const { cluster, told, steps, of } = await openWithProfile(api);
    expect(cluster.view.claim("team", "data")?.volumeName).toBe("pv");
    expect(steps()).toBeUndefined();
    expect(of("configmaps").state).toBe("failing");
    expect(told[0]).toContain(
      'configmaps: cannot list configmaps "webhook-plugins" in namespace fluid-system: give the ServiceAccount',
    );
    allow();
    await expect.poll(steps).toEqual(["DatasetUsageInjector"]);
    expect(told.at(-1)).toBe("configmaps: well");
  });

  it("is waited for where the API server has trouble, for it may well be there", async () => {
    const api = await startApi(closing);
    put(api, "DatasetUsageInjector");
    api.fail({ resource: "configmaps" }, (response) => status(response, 503, "not now"), 2);
    const { steps } = await openWithProfile(api);
    expect(steps()).toEqual(["DatasetUsageInjector"]);
  });
});
