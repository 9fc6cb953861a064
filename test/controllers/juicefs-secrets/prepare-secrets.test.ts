import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { factsName, secretOfFacts } from "../../../src/cluster/juicefs-projections.ts";
import { clientSecretName } from "../../../src/datasets/juicefs/secret-name.ts";
import { startControllers } from "../../support/controllers.ts";
import { forbidden } from "../../support/fake-api-faults.ts";
import type { FakeApiServer } from "../../support/fake-api-server.ts";
import type { ApiObject } from "../../support/fake-api-store.ts";
import { Closing, startApi } from "../../support/live-cluster.ts";
import { eventually } from "../../support/node-sandbox.ts";

const closing = new Closing();
let api: FakeApiServer;
beforeEach(async () => {
  api = await startApi(closing);
  api.store.put("namespaces", {
    metadata: { name: "lab", labels: { "juicefs.com/enable-injection": "true" } },
  });
  api.store.put("namespaces", { metadata: { name: "elsewhere", labels: {} } });
});
afterEach(() => closing.all());

const juicefs = { driver: "csi.juicefs.com", factsNamespace: "sluice-system" };
const start = () => startControllers(closing, api, { juicefs });

function putSource(values: Readonly<Record<string, string>>, namespace = "storage"): void {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  );
  api.store.put("secrets", { metadata: { name: "corpfs", namespace, uid: "uid-corpfs" }, data });
}

const corpfs = {
  name: "corpfs",
  metaurl: "redis://:pw@redis/1",
  "secret-key": "s3cret",
  unrelated: "keep out",
};

function putVolume(
  claim: string,
  parts: { namespace?: string; secretNamespace?: string; phase?: string } = {},
): void {
  const { namespace = "lab", secretNamespace = "storage", phase = "Bound" } = parts;
  api.store.put("persistentvolumes", {
    metadata: { name: `pv-${claim}`, uid: `uid-pv-${claim}` },
    spec: {
      claimRef: { namespace, name: claim, uid: `uid-${claim}` },
      csi: {
        driver: "csi.juicefs.com",
        volumeHandle: claim,
        nodePublishSecretRef: { namespace: secretNamespace, name: "corpfs" },
      },
    },
    status: { phase },
  });
}

const nameOf = (claim: string, uid = `uid-${claim}`) => clientSecretName({ name: claim, uid });

function secretOf(claim: string, namespace = "lab"): ApiObject | undefined {
  return api.store.find("secrets", nameOf(claim), namespace);
}

function valuesOf(secret: ApiObject | undefined): Record<string, string> {
  const data: Record<string, string> = Object(secret?.["data"]);
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
  );
}

function factsOf(name = "juicefs.storage.corpfs"): string | undefined {
  return Object(api.store.find("configmaps", name, "sluice-system")?.["data"])["facts.json"];
}

const told = () =>
  [...api.store.collection("events").objects.values()]
    .map(({ involvedObject, reason, message }) => {
      const { kind, name, uid } = Object(involvedObject);
      return `${kind} ${name} ${uid}: ${reason}: ${message}`;
    })
    .sort();

describe("what is told on claims", () => {
  it("is that their Secret has been made, once", async () => {
    putSource(corpfs);
    putVolume("a");
    await start();
    await eventually("it is told", () => told().length === 1);
    expect(told()).toEqual([
      `PersistentVolumeClaim a uid-a: SecretPrepared: Secret lab/${nameOf("a")} holds what JuiceFS's clients of this claim need`,
    ]);
    await start();
    await eventually("the next leader has looked", () => api.callsOf("get", "secrets").length > 3);
    expect(told()).toHaveLength(1);
  });

  it("is why it has not been made", async () => {
    putVolume("a");
    await start();
    await eventually("it is told", () => told().length === 1);
    expect(told()).toEqual([
      "PersistentVolumeClaim a uid-a: SecretNotPrepared: Secret storage/corpfs: it does not exist: create it",
    ]);
  });

  it("is which right is missing in its namespace, on that claim and no other", async () => {
    putSource(corpfs);
    api.store.put("namespaces", {
      metadata: { name: "closed", labels: { "sluice.io/injection": "enabled" } },
    });
    putVolume("a");
    putVolume("b", { namespace: "closed" });
    api.fail(({ resource, namespace }) => resource === "secrets" && namespace === "closed", forbidden);
    await start();
    await eventually("both are told", () => told().length === 2);
    expect(told()[0]).toContain("a uid-a: SecretPrepared");
    expect(told()[1]).toContain("b uid-b: SecretNotPrepared: cannot get secrets");
  });
});

describe("the Secrets of JuiceFS's clients", () => {
  it("are made for each claim, with only what clients need, owned by the claim", async () => {
    putSource(corpfs);
    putVolume("a");
    putVolume("b");
    await start();
    await eventually("both are made", () => secretOf("a") !== undefined && secretOf("b") !== undefined);
    expect(valuesOf(secretOf("a"))).toEqual({ metaurl: "redis://:pw@redis/1", "secret-key": "s3cret" });
    expect(secretOf("a")?.metadata["ownerReferences"]).toEqual([
      { apiVersion: "v1", kind: "PersistentVolumeClaim", name: "a", uid: "uid-a" },
    ]);
  });

  it("are written down without any value but the file system's name (W10)", async () => {
    putSource(corpfs);
    putVolume("a");
    await start();
    await eventually("the facts are there", () => factsOf() !== undefined);
    expect(JSON.parse(factsOf() ?? "")).toEqual({
      facts: {
        edition: "ce",
        fileSystem: "corpfs",
        keys: { metaurl: "metaurl", "secret-key": "secret-key" },
        envs: [],
        configs: [],
        initconfigEncrypted: false,
      },
    });
    for (const value of ["redis:", "s3cret", "keep out"]) expect(factsOf()).not.toContain(value);
  });

  it("of a source in the pod's own namespace are not copied, but for the variables of envs", async () => {
    putSource({ ...corpfs, envs: "TZ: Europe/Berlin" }, "lab");
    putVolume("a", { secretNamespace: "lab" });
    await start();
    await eventually("it is made", () => secretOf("a") !== undefined);
    expect(valuesOf(secretOf("a"))).toEqual({ "env.TZ": "Europe/Berlin" });
  });

  it("are made only where pods ask for clients, and for bound volumes", async () => {
    putSource(corpfs);
    putVolume("a");
    putVolume("far", { namespace: "elsewhere" });
    putVolume("loose", { phase: "Released" });
    await start();
    await eventually("the one is made", () => secretOf("a") !== undefined);
    expect(secretOf("far", "elsewhere")).toBeUndefined();
    expect(secretOf("loose")).toBeUndefined();
  });

  it("follow a namespace that opts in later", async () => {
    putSource(corpfs);
    putVolume("far", { namespace: "elsewhere" });
    await start();
    await eventually("all is followed", () => api.openWatches >= 3);
    api.store.put("namespaces", {
      metadata: { name: "elsewhere", labels: { "sluice.io/injection": "enabled" } },
    });
    await eventually("it is made", () => secretOf("far", "elsewhere") !== undefined);
  });

  it("are made although those of another namespace may not be written, which is told", async () => {
    putSource(corpfs);
    api.store.put("namespaces", {
      metadata: { name: "elsewhere", labels: { "sluice.io/injection": "enabled" } },
    });
    api.fail(({ verb, path }) => verb === "create" && path.includes("/elsewhere/secrets"), forbidden);
    putVolume("a", { namespace: "elsewhere" });
    putVolume("b");
    const { logged } = await start();
    await eventually("the other is made", () => secretOf("b") !== undefined);
    await eventually("it is told", () => logged.some((line) => line.includes("in namespace elsewhere")));
    expect(secretOf("a", "elsewhere")).toBeUndefined();
  });

  it("of a claim that is made again on another volume are never those of the one before it", async () => {
    putSource(corpfs);
    putSource({ ...corpfs, "secret-key": "other" }, "elsewhere");
    putVolume("a");
    await start();
    await eventually("it is made", () => secretOf("a") !== undefined);
    api.store.put("persistentvolumes", {
      metadata: { name: "pv-again", uid: "uid-pv-again" },
      spec: {
        claimRef: { namespace: "lab", name: "a", uid: "uid-again" },
        csi: { driver: "csi.juicefs.com", nodePublishSecretRef: { namespace: "elsewhere", name: "corpfs" } },
      },
      status: { phase: "Bound" },
    });
    const again = () => api.store.find("secrets", nameOf("a", "uid-again"), "lab");
    await eventually("the other is made", () => again() !== undefined);
    expect(valuesOf(again())["secret-key"]).toBe("other");
    expect(valuesOf(secretOf("a"))["secret-key"]).toBe("s3cret");
  });

  it("never touch a Secret of that name that is somebody else's (W4)", async () => {
    putSource(corpfs);
    putVolume("a");
    api.store.put("secrets", {
      metadata: { name: nameOf("a"), namespace: "lab", uid: "theirs" },
      data: { mine: "bWluZQ==" },
    });
    const { logged } = await start();
    await eventually("it is told", () => logged.some((line) => line.includes("is not Sluice's")));
    expect(valuesOf(secretOf("a"))).toEqual({ mine: "mine" });
    expect(api.callsOf("update", "secrets")).toHaveLength(0);
  });

  it("are put right when the next leader finds them different", async () => {
    putSource(corpfs);
    putVolume("a");
    const first = await start();
    await eventually("it is made", () => secretOf("a") !== undefined);
    await first.stop();
    putSource({ ...corpfs, "secret-key": "rotated" });
    await start();
    await eventually("it is refreshed", () => valuesOf(secretOf("a"))["secret-key"] === "rotated");
  });

  it.each([
    ["is missing", undefined, /does not exist/],
    ["has no name", { metaurl: "redis://x" }, /key name is missing/],
    ["has a broken envs", { ...corpfs, envs: "[1, 2" }, /key envs/],
  ])("are not made where the source %s, and admission is told why", async (_, source, why) => {
    if (source !== undefined) putSource(source);
    putVolume("a");
    await start();
    await eventually("the facts are there", () => factsOf() !== undefined);
    expect(JSON.parse(factsOf() ?? "").problem).toMatch(why);
    expect(secretOf("a")).toBeUndefined();
  });

  it("take the facts away that an earlier leader left of volumes that are gone", async () => {
    const left: readonly (readonly [string, string])[] = [
      ["juicefs.storage.corpfs", "storage/corpfs"],
      ["unrelated", "storage/corpfs"],
    ];
    for (const [name, secret] of left)
      api.store.put("configmaps", {
        metadata: { name, namespace: "sluice-system", labels: { "sluice.io/juicefs-secret": "true" } },
        data: { secret, "facts.json": "{}" },
      });
    await start();
    await eventually("they are gone", () => factsOf() === undefined);
    expect(api.store.find("configmaps", "unrelated", "sluice-system")?.["data"]).toEqual({
      secret: "storage/corpfs",
      "facts.json": "{}",
    });
  });

  it("write facts anew that somebody has deleted", async () => {
    putSource(corpfs);
    putVolume("a");
    await start();
    await eventually("the facts are there", () => factsOf() !== undefined);
    api.store.delete("configmaps", "juicefs.storage.corpfs", "sluice-system");
    await eventually("they are there again", () => factsOf() !== undefined);
  });

  it("name the facts of a Secret with the longest name so that admission finds them", async () => {
    const name = "s".repeat(253);
    api.store.put("secrets", {
      metadata: { name, namespace: "storage", uid: "uid-long" },
      data: { name: Buffer.from("corpfs").toString("base64") },
    });
    api.store.put("persistentvolumes", {
      metadata: { name: "pv-long", uid: "uid-pv-long" },
      spec: {
        claimRef: { namespace: "lab", name: "long", uid: "uid-claim-long" },
        csi: { driver: "csi.juicefs.com", nodePublishSecretRef: { namespace: "storage", name } },
      },
      status: { phase: "Bound" },
    });
    await start();
    const called = factsName({ namespace: "storage", name });
    expect(called.length).toBeLessThanOrEqual(253);
    const map = () => api.store.find("configmaps", called, "sluice-system");
    await eventually("the facts are there", () => map() !== undefined);
    expect(secretOfFacts(Object(map()))).toEqual({ namespace: "storage", name });
    expect(secretOfFacts({ ...map(), data: { secret: "storage/other" } })).toBeUndefined();
  });

  it("take the facts away when no volume names the source any more", async () => {
    putSource(corpfs);
    putVolume("a");
    await start();
    await eventually("the facts are there", () => factsOf() !== undefined);
    api.store.delete("persistentvolumes", "pv-a");
    await eventually("they are gone", () => factsOf() === undefined);
  });
});
