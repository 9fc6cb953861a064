import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JuicefsConfig } from "../../src/cluster/juicefs-settings.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { Closing, openLive, startApi } from "../support/live-cluster.ts";

const closing = new Closing();
let api: FakeApiServer;
beforeEach(async () => {
  api = await startApi(closing);
});
afterEach(() => closing.all());

const configMap = { namespace: "kube-system", name: "juicefs-csi-driver-config" };
const juicefs = { configMap, factsNamespace: "sluice-system" };
const facts = { edition: "ce", fileSystem: "corpfs", keys: { metaurl: "metaurl" }, envs: [], configs: [] };

function putConfig(text: string): void {
  api.store.put("configmaps", { metadata: configMap, data: { "config.yaml": text } });
}

function putFacts(
  value: unknown,
  labels: Readonly<Record<string, string>> = { "sluice.io/juicefs-secret": "true" },
): void {
  const metadata = { namespace: "sluice-system", name: "juicefs.storage.corp.fs", labels };
  api.store.put("configmaps", { metadata, data: { "facts.json": JSON.stringify(value) } });
}

describe("a live cluster with volumes of the JuiceFS CSI driver", () => {
  it("follows the driver's configuration, and keeps the last good one", async () => {
    putConfig("enableSetQuota: false");
    const told: (JuicefsConfig | undefined)[] = [];
    const { cluster } = await openLive(closing, api, {
      juicefs,
      onJuicefsConfig: (found) => told.push(found),
    });
    const found = () => cluster.view.juicefsConfig(configMap.namespace, configMap.name);
    expect(found()?.settings?.setQuota).toBe(false);
    putConfig("enableSetQuota: 3");
    await expect.poll(() => found()?.problems.length).toBe(1);
    expect(found()?.settings?.setQuota).toBe(false);
    await expect.poll(() => told.at(-1)?.problems.length).toBe(1);
    putConfig("mountPodPatch: [{ceMountImage: mine}]");
    await expect.poll(() => found()?.settings?.patches).toEqual([{ ceMountImage: "mine" }]);
    api.store.delete("configmaps", configMap.name, configMap.namespace);
    await expect.poll(() => found()).toBeUndefined();
  });

  it("knows of Secrets what the controllers wrote down, and reads no Secret", async () => {
    putFacts({ facts });
    const { cluster } = await openLive(closing, api, { juicefs });
    const found = () => cluster.view.juicefsSecret("storage", "corp.fs");
    expect(found()).toMatchObject({ namespace: "storage", name: "corp.fs", facts: { fileSystem: "corpfs" } });
    putFacts({ problem: "it does not exist" });
    await expect.poll(() => found()?.problem).toBe("it does not exist");
    api.store.delete("configmaps", "juicefs.storage.corp.fs", "sluice-system");
    await expect.poll(() => found()).toBeUndefined();
    for (const verb of ["get", "list", "watch"] as const) expect(api.callsOf(verb, "secrets")).toEqual([]);
  });

  it("heeds no ConfigMap without the label", async () => {
    putFacts({ facts }, {});
    const { cluster } = await openLive(closing, api, { juicefs });
    expect(cluster.view.juicefsSecret("storage", "corp.fs")).toBeUndefined();
  });

  it("waits for what is written down of a Secret", async () => {
    const { cluster } = await openLive(closing, api, { juicefs });
    const waiting = cluster.refresh([{ kind: "Secret", namespace: "storage", name: "corp.fs" }], 5_000);
    putFacts({ facts });
    expect(await waiting).toBe(true);
    expect(cluster.view.juicefsSecret("storage", "corp.fs")?.facts?.edition).toBe("ce");
  });
});
