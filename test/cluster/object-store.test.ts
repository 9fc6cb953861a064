import { describe, expect, it } from "vitest";
import type { Node } from "../../src/cluster/cluster-view.ts";
import { parseKubernetesVersion } from "../../src/cluster/kubernetes-version.ts";
import { ObjectStore } from "../../src/cluster/object-store.ts";
import { projectObject, type StoredKind, type StoredObject } from "../../src/cluster/stored-object.ts";

function made(table: StoredKind, name = "data", raw: object = {}, kind: string = table): StoredObject {
  return projectObject(table, kind, { ...raw }, { namespace: "team", name });
}

function node(
  name: string,
  kubeletVersion: string,
  labels: Record<string, string> = {},
): { kind: "Node"; object: Node } {
  return { kind: "Node", object: { name, labels, taints: [], kubeletVersion } };
}

describe("ObjectStore", () => {
  it("finds each kind by its name, and only by it", () => {
    const store = new ObjectStore();
    const tables = [
      "Namespace",
      "PersistentVolumeClaim",
      "PersistentVolume",
      "Dataset",
      "DaemonSet",
      "ServiceAccount",
      "Node",
    ] as const;
    const objects = tables.map((table) => made(table));
    const runtime = made("Runtime", "data", {}, "ThinRuntime");
    for (const object of [...objects, runtime]) expect(store.upsert(object)).toBeUndefined();
    const found = [
      store.namespace("data"),
      store.claim("team", "data"),
      store.persistentVolume("data"),
      store.dataset("team", "data"),
      store.clientDaemonSet("team", "data"),
      store.serviceAccount("team", "data"),
      store.node("data"),
    ];
    for (const [index, object] of found.entries()) expect(object).toBe(objects[index]?.object);
    expect(store.runtime("ThinRuntime", "team", "data")).toBe(runtime.object);
    expect(store.runtime("AlluxioRuntime", "team", "data")).toBeUndefined();
    expect(store.claim("other", "data")).toBeUndefined();
    expect(store.claim("team", "other")).toBeUndefined();
    expect(store.counts()).toEqual({
      DaemonSet: 1,
      Dataset: 1,
      Namespace: 1,
      Node: 1,
      PersistentVolume: 1,
      PersistentVolumeClaim: 1,
      ServiceAccount: 1,
      ThinRuntime: 1,
    });
  });

  it("keeps the object that is there when another says the same, and exchanges it when it says something else", () => {
    const store = new ObjectStore();
    const first = node("a", "v1.33.0", { zone: "1" });
    store.upsert(first);
    const old = store.nodesWithoutNativeSidecars();
    expect(store.upsert(node("a", "v1.33.0", { zone: "1" }))).toBe(first.object);
    expect(store.node("a")).toBe(first.object);
    expect(store.nodesWithoutNativeSidecars()).toBe(old);
    store.upsert(node("a", "v1.33.0", { zone: "2" }));
    expect(store.node("a")?.labels).toEqual({ zone: "2" });
    expect(store.nodesWithoutNativeSidecars()).toBe(old);
  });

  it("keeps the API server's version while it is the same", () => {
    const version = { major: 1, minor: 33 };
    const store = new ObjectStore(version);
    store.setServerVersion({ ...version });
    expect(store.serverVersion()).toBe(version);
    store.setServerVersion({ ...version, minor: 34 });
    expect(store.serverVersion()).toEqual({ major: 1, minor: 34 });
    store.setServerVersion(undefined);
    expect(store.serverVersion()).toBeUndefined();
  });

  it("makes the list of old nodes anew only where one of them has changed", () => {
    const store = new ObjectStore();
    store.upsert(node("old", "v1.28.0", { zone: "1" }));
    store.upsert(node("new", "v1.33.0"));
    const before = store.nodesWithoutNativeSidecars();
    store.upsert(node("new", "v1.33.0", { "fluid.io/s-default-data": "true" }));
    store.delete(node("new", ""));
    store.upsert(node("newer", "v1.34.0"));
    expect(store.nodesWithoutNativeSidecars()).toBe(before);
    store.upsert(node("old", "v1.28.0", { zone: "2" }));
    expect(store.nodesWithoutNativeSidecars().map(({ labels }) => labels)).toEqual([{ zone: "2" }]);
    store.upsert(node("newer", "v1.28.0"));
    expect(store.nodesWithoutNativeSidecars().map(({ name }) => name)).toEqual(["newer", "old"]);
    store.upsert(node("old", "v1.33.0"));
    expect(store.nodesWithoutNativeSidecars().map(({ name }) => name)).toEqual(["newer"]);
  });

  it.each(["__proto__", "constructor", "toString"])("takes %s for a name like any other", (name) => {
    const store = new ObjectStore();
    expect(store.namespace(name)).toBeUndefined();
    expect(store.nodesLabelled(name)).toBe(0);
    store.upsert(made("Namespace", name));
    expect(store.namespace(name)?.name).toBe(name);
  });

  it("returns what it replaces and deletes by name, whatever else the object says", () => {
    const store = new ObjectStore();
    const first = made("Dataset", "data", { status: { phase: "Bound" } });
    store.upsert(first);
    expect(store.upsert(made("Dataset"))).toBe(first.object);
    expect(store.dataset("team", "data")?.phase).toBe("");
    expect(store.delete(first)).toBe(true);
    expect(store.delete(first)).toBe(false);
    expect(store.dataset("team", "data")).toBeUndefined();
  });

  it("counts the nodes that carry a label, through changes", () => {
    const store = new ObjectStore();
    store.upsert(node("a", "v1.30.0", { cache: "true", zone: "x" }));
    store.upsert(node("b", "v1.30.0", { cache: "false" }));
    expect([store.nodeCount(), store.nodesLabelled("cache"), store.nodesLabelled("zone")]).toEqual([2, 2, 1]);
    store.upsert(node("a", "v1.30.0", { zone: "y" }));
    expect([store.nodeCount(), store.nodesLabelled("cache"), store.nodesLabelled("zone")]).toEqual([2, 1, 1]);
    store.delete(node("b", ""));
    expect([store.nodeCount(), store.nodesLabelled("cache")]).toEqual([1, 0]);
  });

  it("lists the nodes that are too old for native sidecars, or do not say, by name", () => {
    const store = new ObjectStore();
    const versions = {
      z: "v1.28.9",
      a: "",
      m: "unknown",
      new: "v1.29.0",
      vendor: "v1.31.2-eks-7f9249a",
      two: "v2.0.0",
    };
    for (const [name, version] of Object.entries(versions)) store.upsert(node(name, version));
    const names = (): string[] => store.nodesWithoutNativeSidecars().map(({ name }) => name);
    expect(names()).toEqual(["a", "m", "z"]);
    expect(store.nodesWithoutNativeSidecars()).toBe(store.nodesWithoutNativeSidecars());
    store.upsert(node("z", "v1.33.0"));
    store.delete(node("a", ""));
    expect(names()).toEqual(["m"]);
  });

  it("adopts everything that another store holds", () => {
    const store = new ObjectStore({ major: 1, minor: 33 });
    store.upsert(node("old", "v1.20.0", { gone: "true" }));
    expect(store.nodesWithoutNativeSidecars()).toHaveLength(1);
    const other = new ObjectStore();
    other.upsert(node("new", "v1.30.0", { here: "true" }));
    store.adopt(other);
    expect(store.node("old")).toBeUndefined();
    expect([store.nodesLabelled("gone"), store.nodesLabelled("here")]).toEqual([0, 1]);
    expect(store.nodesWithoutNativeSidecars()).toEqual([]);
    expect(store.serverVersion()).toEqual({ major: 1, minor: 33 });
  });
});

describe("parseKubernetesVersion", () => {
  it.each([
    ["v1.33.2", { major: 1, minor: 33 }],
    ["1.29", { major: 1, minor: 29 }],
    ["1.29+", { major: 1, minor: 29 }],
    ["v1.28.3-eks-4f4795d", { major: 1, minor: 28 }],
    ["", undefined],
    ["v1", undefined],
    ["latest", undefined],
    ["1.99999", undefined],
  ])("%s", (text, version) => expect(parseKubernetesVersion(text)).toEqual(version));
});
