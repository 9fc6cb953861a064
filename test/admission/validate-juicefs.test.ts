import { describe, expect, it } from "vitest";
import { type ObjectRequest, secretRefusal, volumeRefusal } from "../../src/admission/validate-juicefs.ts";
import { clusterOf } from "../support/cluster-of.ts";

const driver = "csi.juicefs.com";

function secretRequest(
  stringData: Readonly<Record<string, string>>,
  parts: Partial<ObjectRequest> & { metadata?: object } = {},
): ObjectRequest {
  const data = Object.fromEntries(
    Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  );
  const { metadata, ...request } = parts;
  const object = { kind: "Secret", metadata: { name: "corpfs", namespace: "storage", ...metadata }, data };
  return {
    operation: "CREATE",
    kind: "/v1/Secret",
    subResource: "",
    namespace: "storage",
    object,
    ...request,
  };
}

const good = { name: "corpfs", metaurl: "redis://:pa55word@redis/1", "secret-key": "s3cret" };

describe("a Secret of JuiceFS (W5, W60)", () => {
  it.each([
    ["no name", { metaurl: "redis://x" }, "its key name is missing"],
    ["a name that is a flag", { ...good, name: "--help" }, "its key name is no name of a file system"],
    ["an empty metaurl", { ...good, metaurl: "" }, "its key metaurl is empty"],
    ["envs that do not parse", { ...good, envs: "[1" }, "its key envs is no map"],
    ["envs that are no map", { ...good, envs: "- a" }, "its key envs is no map"],
    ["a variable of the client's own", { ...good, envs: "metaurl: x" }, "names the variable metaurl"],
    ["configs with a relative path", { ...good, configs: "ca: etc/ca" }, "no absolute path for Secret ca"],
    ["configs that leave their place", { ...good, configs: "ca: /a/../b" }, "no absolute path for Secret ca"],
    ["configs over /proc", { ...good, configs: "ca: /proc/x" }, "which the client needs itself"],
    ["an option without a value", { ...good, "format-options": "trash-days=" }, "gives trash-days no value"],
    ["an option without a name", { ...good, "format-options": "$(id)=1" }, "an option without a name"],
  ])("with %s is refused, and its values are told to nobody", (_, data, why) => {
    const refusal = secretRefusal(secretRequest(data));
    expect(refusal?.slice(0, 200)).toContain(`Secret storage/corpfs: `);
    expect(refusal?.slice(0, 200)).toContain(why);
    for (const value of ["pa55word", "s3cret", "$(id)"]) expect(refusal).not.toContain(value);
    expect(secretRefusal(secretRequest(data, { operation: "UPDATE" }))).toBe(refusal);
  });

  it.each([
    ["the community edition", good],
    ["the enterprise edition", { name: "corpfs", token: "t0ken" }],
    ["a metadata engine that nobody can reach", { ...good, metaurl: "redis://192.0.2.1:6379/1" }],
    ["envs and configs", { ...good, envs: '{"TZ": "UTC"}', configs: "ca: /etc/ca" }],
  ])("of %s is allowed", (_, data) => {
    expect(secretRefusal(secretRequest(data))).toBeUndefined();
  });

  it.each<[string, Partial<ObjectRequest> & { metadata?: object }]>([
    ["is being deleted", { operation: "UPDATE", metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }],
    ["is deleted", { operation: "DELETE", object: null }],
    ["is no Secret", { kind: "/v1/ConfigMap" }],
    ["is no object", { object: "text" }],
  ])("is let be where it %s", (_, parts) => {
    expect(secretRefusal(secretRequest({}, parts))).toBeUndefined();
  });
});

function volumeRequest(csi: object, spec: object = {}, parts: Partial<ObjectRequest> = {}): ObjectRequest {
  const object = {
    kind: "PersistentVolume",
    metadata: { name: "new" },
    spec: {
      storageClassName: "",
      csi: {
        driver,
        volumeHandle: "new",
        nodePublishSecretRef: { namespace: "storage", name: "corpfs" },
        ...csi,
      },
      ...spec,
    },
  };
  const request = { operation: "CREATE", kind: "/v1/PersistentVolume", subResource: "", namespace: "" };
  return { ...request, object, ...parts };
}

const cluster = clusterOf({
  persistentVolumes: ["there", "new"].map((name) => ({
    name,
    accessModes: [],
    hasNodeAffinity: false,
    csi: { driver, handle: name === "there" ? "taken" : "own" },
  })),
});
const refusalOf = (request: ObjectRequest) => volumeRefusal(request, cluster, driver);

describe("a volume of JuiceFS", () => {
  it.each([
    ["the handle of another", { volumeHandle: "taken" }, {}, "volumeHandle taken of PersistentVolume there"],
    ["no Secret (W20)", { nodePublishSecretRef: undefined }, {}, "give it csi.nodePublishSecretRef"],
    ["a newline in an option (W6)", {}, { mountOptions: ["a=b\nid"] }, "a mount option holds control"],
    [
      "a sub path that leaves its directory (W12)",
      { volumeAttributes: { subPath: "a/../../b" } },
      {},
      'its sub path holds ".."',
    ],
    [
      "a size that is none",
      { volumeAttributes: { "juicefs/mount-memory-limit": "much" } },
      {},
      "juicefs/mount-memory-limit is no quantity",
    ],
    [
      "a cache that is none",
      { volumeAttributes: { "juicefs/mount-cache-inline-volume": "[" } },
      {},
      "juicefs/mount-cache-inline-volume names no cache",
    ],
    [
      "labels that are none",
      { volumeAttributes: { "juicefs/mount-labels": "team: not one" } },
      {},
      "juicefs/mount-labels is no map",
    ],
    [
      "a relative host path",
      { volumeAttributes: { "juicefs/host-path": "etc" } },
      {},
      "juicefs/host-path is no list",
    ],
  ])("with %s is refused", (_, csi, spec, why) => {
    const refusal = refusalOf(volumeRequest(csi, spec));
    expect(refusal?.slice(0, 200)).toContain("PersistentVolume new ");
    expect(refusal?.slice(0, 200)).toContain(why);
  });

  it.each([
    ["nothing wrong", {}, {}, {}],
    ["the handle that it has already", { volumeHandle: "own" }, {}, {}],
    ["a class, for it is a provisioner's", { volumeHandle: "taken" }, { storageClassName: "jfs" }, {}],
    ["another driver", { driver: "other", volumeHandle: "taken" }, {}, {}],
    ["an update", { volumeHandle: "taken" }, {}, { operation: "UPDATE" }],
    ["no driver at all", {}, { csi: null }, {}],
    ["nothing in it", {}, {}, { object: null }],
  ])("with %s is allowed", (_, csi, spec, parts) => {
    expect(refusalOf(volumeRequest(csi, spec, parts))).toBeUndefined();
  });
});
