import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { startControllers } from "../../support/controllers.ts";
import { forbidden } from "../../support/fake-api-faults.ts";
import type { FakeApiServer } from "../../support/fake-api-server.ts";
import type { ApiObject } from "../../support/fake-api-store.ts";
import { Closing, startApi } from "../../support/live-cluster.ts";
import { eventually } from "../../support/node-sandbox.ts";

// Dataset research/mine refers to one of namespace vision, whose client needs a ConfigMap and a Secret.
const file = new URL("../../golden/reference-objects-missing/cluster.yaml", import.meta.url);
const all = { from: ["vision"], to: ["research"] };

const closing = new Closing();
let api: FakeApiServer;
beforeEach(async () => {
  api = await startApi(closing);
  for (const document of parseAllDocuments(readFileSync(file, "utf8"))) put(document.toJS());
  permit("research");
  put({
    kind: "Secret",
    metadata: { name: "jfs-secret", namespace: "vision" },
    type: "Opaque",
    data: { key: "MQ==" },
  });
  put({ kind: "ConfigMap", metadata: { name: "corp-ca", namespace: "vision" }, data: { "ca.crt": "one" } });
});
afterEach(() => closing.all());

function put(object: ApiObject): ApiObject {
  const { kind = "" } = object;
  return api.store.put(`${kind.toLowerCase()}s`, object);
}

/** The owner of the data says who may refer to it; undefined: nothing. */
function permit(namespaces: string | undefined): void {
  const found = [...api.store.collection("datasets").objects.values()];
  for (const dataset of found.filter(({ metadata }) => metadata.namespace === "vision")) {
    const annotations = namespaces === undefined ? {} : { "sluice.io/referable-from": namespaces };
    put({ ...dataset, metadata: { ...dataset.metadata, annotations } });
  }
}

const there = (plural: string, name: string) => api.store.find(plural, name, "research");
const stated = () => Object(there("datasets", "mine")?.metadata["annotations"])["sluice.io/client-objects"];
const reasons = () => [...api.store.collection("events").objects.values()].map((event) => event["reason"]);

it("copies what the client needs, owned by the Dataset, and says so on it", async () => {
  await startControllers(closing, api, { copies: all });
  await eventually("it is said", () => stated() === "configmap/corp-ca,secret/jfs-secret");
  const uid = there("datasets", "mine")?.metadata["uid"];
  expect(there("secrets", "jfs-secret")).toMatchObject({
    type: "Opaque",
    data: { key: "MQ==" },
    metadata: {
      labels: { "sluice.io/copied-by": "sluice-controllers" },
      annotations: { "sluice.io/copied-from": "vision/jfs-secret" },
      ownerReferences: [{ kind: "Dataset", name: "mine", uid }],
    },
  });
  expect(there("configmaps", "corp-ca")).toMatchObject({ data: { "ca.crt": "one" } });
});

it("brings copies up to date, and makes those anew that somebody has deleted", async () => {
  const first = await startControllers(closing, api, { copies: all });
  await eventually("it is said", () => stated() !== undefined);
  await first.stop();
  put({
    kind: "Secret",
    metadata: { name: "jfs-secret", namespace: "vision" },
    type: "Opaque",
    data: { key: "Mg==" },
  });
  api.store.delete("configmaps", "corp-ca", "research");
  await startControllers(closing, api, { copies: all });
  await eventually(
    "the Secret is new",
    () => Object(there("secrets", "jfs-secret")?.["data"]).key === "Mg==",
  );
  await eventually("the ConfigMap is there", () => there("configmaps", "corp-ca") !== undefined);
});

it("takes away what the client no longer needs, and leaves what others have stated", async () => {
  const byHand = put({ kind: "Secret", metadata: { name: "by-hand", namespace: "research" }, data: {} });
  const first = await startControllers(closing, api, { copies: all });
  await eventually("it is said", () => stated() !== undefined);
  await first.stop();
  const mine = there("datasets", "mine");
  if (mine === undefined) throw new Error("no Dataset");
  const annotations = { "sluice.io/client-objects": `${stated()},secret/by-hand` };
  put({ ...mine, metadata: { ...mine.metadata, annotations } });
  for (const daemonSet of [...api.store.collection("daemonsets").objects.values()])
    if (daemonSet.metadata.namespace === "vision")
      put(JSON.parse(JSON.stringify(daemonSet).replaceAll("jfs-secret", "new-secret")));
  put({ kind: "Secret", metadata: { name: "new-secret", namespace: "vision" }, data: {} });
  await startControllers(closing, api, { copies: all });
  await eventually("the old copy is gone", () => there("secrets", "jfs-secret") === undefined);
  await eventually("the new one is said", () => String(stated()).includes("secret/new-secret"));
  expect(there("secrets", "by-hand")).toEqual(byHand);
  expect(stated()).toContain("secret/by-hand");
});

it("never touches an object of somebody else's, and does not say that it is what is needed", async () => {
  const own = put({
    kind: "Secret",
    metadata: { name: "jfs-secret", namespace: "research" },
    data: { key: "b3du" },
  });
  await startControllers(closing, api, { copies: all });
  await eventually("the other one is said", () => stated() === "configmap/corp-ca");
  expect(there("secrets", "jfs-secret")).toEqual(own);
  await eventually("it is told", () => reasons().includes("ClientObjectNotCopied"));
});

it.each<[string, string | undefined, { from: string[]; to: string[] }]>([
  ["the owner says nothing", undefined, all],
  ["the owner permits others", "elsewhere", all],
  ["its namespace may not be copied from", "research", { from: ["other"], to: ["research"] }],
])("copies nothing where %s, and tells why", async (_words, permitted, copies) => {
  permit(permitted);
  await startControllers(closing, api, { copies });
  await eventually("it is told", () => reasons().includes("ClientObjectsNotCopied"));
  expect([there("secrets", "jfs-secret"), stated()]).toEqual([undefined, undefined]);
});

it.each([
  ["it is switched off", undefined],
  ["nothing may be copied into its namespace", { from: ["*"], to: ["other"] }],
])("reads no Secret where %s", async (_words, copies) => {
  const { status } = await startControllers(closing, api, { copies });
  await eventually("all is read", () => status()?.readyAt !== undefined);
  put({
    kind: "Dataset",
    metadata: { name: "another", namespace: "team" },
    spec: { mounts: [{ mountPoint: "dataset://vision/x" }] },
  });
  await eventually("it was looked at", () => api.openWatches >= 2);
  expect(api.calls.filter(({ resource }) => resource === "secrets")).toEqual([]);
});

it("names the right that it lacks", async () => {
  api.fail({ verb: "get", resource: "secrets" }, forbidden);
  const { logged } = await startControllers(closing, api, { copies: all });
  await eventually("it is told", () =>
    logged.some((line) => line.includes("allow the ServiceAccount to get secrets")),
  );
});
