import { describe, expect, it } from "vitest";
import {
  projectClaim,
  projectClientDaemonSet,
  projectDataset,
  projectNamespace,
  projectNode,
  projectPersistentVolume,
  projectRuntime,
  projectServiceAccount,
} from "../../src/cluster/projections.ts";
import type { RawObject } from "../../src/cluster/raw-fields.ts";

const place = { namespace: "team", name: "data" };

/** Values that are of the wrong type wherever a mapping, a list or a text is expected. */
const wrong: readonly unknown[] = [
  null,
  0,
  true,
  "text",
  [],
  [null, 7, "text", []],
  {},
  { name: 7, key: [] },
];

describe("complete objects", () => {
  it("Namespace", () => {
    const annotations = { a: "b", "kubectl.kubernetes.io/last-applied-configuration": "{}" };
    expect(
      projectNamespace({ metadata: { labels: { "sluice.io/injection": "enabled" }, annotations } }, place),
    ).toEqual({
      name: "data",
      labels: { "sluice.io/injection": "enabled" },
      annotations: { a: "b" },
    });
  });

  it("PersistentVolumeClaim", () => {
    const raw = {
      metadata: {
        uid: "u-1",
        labels: { "fluid.io/s-team-data": "true", count: 3 },
        deletionTimestamp: "2026-01-01T00:00:00Z",
      },
      spec: { volumeName: "team-data", storageClassName: "fluid", accessModes: ["ReadOnlyMany", 4] },
    };
    expect(projectClaim(raw, place)).toEqual({
      ...place,
      uid: "u-1",
      labels: { "fluid.io/s-team-data": "true" },
      volumeName: "team-data",
      storageClassName: "fluid",
      accessModes: ["ReadOnlyMany"],
      deleting: true,
    });
  });

  it("PersistentVolume", () => {
    const raw = {
      spec: {
        accessModes: ["ReadWriteMany"],
        claimRef: { namespace: "team", name: "data", uid: "u-1", apiVersion: "v1" },
        csi: {
          driver: "fuse.csi.fluid.io",
          volumeHandle: "x",
          volumeAttributes: { fluid_path: "/p", constructor: "c" },
        },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [] }] } },
      },
    };
    expect(projectPersistentVolume(raw, place)).toEqual({
      name: "data",
      accessModes: ["ReadWriteMany"],
      claimRef: { namespace: "team", name: "data", uid: "u-1" },
      csi: { driver: "fuse.csi.fluid.io", attributes: { fluid_path: "/p", constructor: "c" }, handle: "x" },
      hasNodeAffinity: true,
    });
  });

  it("Dataset", () => {
    const raw = {
      metadata: { uid: "u-2" },
      spec: {
        mounts: [{ mountPoint: "juicefs:///", options: { bucket: "b" } }, { mountPoint: "pvc://nas" }, {}],
        sharedOptions: { writeback: "" },
      },
      status: {
        phase: "NotBound",
        conditions: [{ type: "Ready" }, { type: "NotReady", message: "no master" }],
        runtimes: [
          { name: "data", namespace: "team", type: "juicefs", category: "Accelerate" },
          { type: "thin" },
        ],
      },
    };
    expect(projectDataset(raw, place)).toEqual({
      ...place,
      uid: "u-2",
      phase: "NotBound",
      notReady: "no master",
      runtimes: [
        { name: "data", namespace: "team", type: "juicefs" },
        { name: "", namespace: "", type: "thin" },
      ],
      mountPoints: ["juicefs:///", "pvc://nas"],
      mountOptions: ["bucket", "writeback"],
    });
  });

  it.each([
    ["0.0%", 0],
    ["52.3%", 0.523],
    ["100.0%", 1],
    ["250%", 1],
    ["N/A", undefined],
    ["", undefined],
    ["52.3", undefined],
    [52.3, undefined],
  ])("Dataset that is cached to %j", (cachedPercentage, part) => {
    const { cachedPart } = projectDataset({ status: { cacheStates: { cachedPercentage } } }, place);
    expect(cachedPart).toBe(part);
  });

  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const zone = { key: "topology.kubernetes.io/zone", operator: "In", values: ["a", "b"] };
  const exists = { key: "pool", operator: "Exists" };
  const terms = [{ matchExpressions: [zone, { key: 7 }] }, {}, { matchExpressions: [exists] }];
  const raw = {
    spec: {
      fuse: {
        nodeSelector: { fuse: "yes" },
        options: { writeback: "" },
        metrics: { scrapeTarget: "Sidecar" },
      },
      client: { nodeSelector: { client: "yes" } },
    },
    status: { cacheAffinity: { [required]: { nodeSelectorTerms: terms } } },
  };

  it.each([
    ["JindoRuntime", { fuse: "yes" }, ["writeback"]],
    ["CacheRuntime", { client: "yes" }, []],
    ["VineyardRuntime", {}, ["writeback"]],
  ])("%s", (kind, clientNodeSelector, clientOptions) => {
    expect(projectRuntime(raw, kind, place)).toEqual({
      ...place,
      kind,
      clientNodeSelector,
      clientOptions,
      metricsScrapeTarget: "Sidecar",
      workerRequirements: [zone, exists],
    });
  });

  it("a runtime with a tiered store, and volumes of its own", () => {
    const levels = [{ mediumtype: "SSD", path: "/cache" }];
    const volumes = [{ name: "keys", secret: { secretName: "keys" } }];
    expect(
      projectRuntime({ spec: { tieredstore: { levels }, volumes } }, "ThinRuntime", place),
    ).toMatchObject({
      hasTieredStore: true,
      ownVolumes: ["keys"],
    });
    for (const tieredstore of [undefined, {}, { levels: [] }, { levels: "many" }])
      expect(projectRuntime({ spec: { tieredstore } }, "ThinRuntime", place)).not.toHaveProperty(
        "hasTieredStore",
      );
  });

  it("DaemonSet keeps fields it does not know and drops those of the wrong type", () => {
    const container = {
      name: "fuse",
      image: "i:1",
      env: [{ name: "A", value: "1" }, { value: "nameless" }, "text"],
      volumeMounts: [{ name: "v", mountPath: "/v" }, { name: "pathless" }],
      args: ["a", 7],
      command: "not a list",
      securityContext: [],
      resizePolicy: [{ resourceName: "cpu", restartPolicy: "NotRequired" }],
    };
    const spec = {
      containers: [container, { image: "nameless" }, 7],
      initContainers: [{ name: "init", args: ["a", 7] }, {}],
      volumes: [{ name: "v", hostPath: { path: "/v" } }, { name: "w", emptyDir: "wrong" }, { hostPath: {} }],
      imagePullSecrets: [{ name: "s" }, {}],
      hostNetwork: true,
    };
    expect(projectClientDaemonSet({ spec: { template: { spec } } }, place)).toEqual({
      ...place,
      template: {
        containers: [
          {
            name: "fuse",
            image: "i:1",
            env: [{ name: "A", value: "1" }],
            volumeMounts: [{ name: "v", mountPath: "/v" }],
            args: ["a"],
            resizePolicy: [{ resourceName: "cpu", restartPolicy: "NotRequired" }],
          },
        ],
        initContainers: [{ name: "init", args: ["a"] }],
        volumes: [{ name: "v", hostPath: { path: "/v" } }, { name: "w" }],
        imagePullSecrets: [{ name: "s" }],
        hostNetwork: true,
      },
    });
  });

  it("ServiceAccount and Node", () => {
    expect(projectServiceAccount({ imagePullSecrets: [{ name: "s" }, { name: 1 }] }, place)).toEqual({
      ...place,
      imagePullSecrets: [{ name: "s" }],
    });
    const node = {
      metadata: { labels: { zone: "a" } },
      spec: {
        taints: [
          { key: "k", effect: "NoSchedule", value: "v" },
          { key: "k2", effect: "NoExecute" },
          { key: "k3" },
        ],
      },
      status: { nodeInfo: { kubeletVersion: "v1.33.1" } },
    };
    expect(projectNode(node, place)).toEqual({
      name: "data",
      labels: { zone: "a" },
      taints: [
        { key: "k", effect: "NoSchedule", value: "v" },
        { key: "k2", effect: "NoExecute" },
      ],
      kubeletVersion: "v1.33.1",
    });
  });
});

const empty = {
  Namespace: { name: "data", labels: {}, annotations: {} },
  Claim: { ...place, labels: {}, accessModes: [], deleting: false },
  PersistentVolume: { name: "data", accessModes: [], hasNodeAffinity: false },
  Dataset: { ...place, phase: "", runtimes: [], mountPoints: [], mountOptions: [] },
  Runtime: {
    ...place,
    kind: "ThinRuntime",
    clientNodeSelector: {},
    clientOptions: [],
    workerRequirements: [],
  },
  DaemonSet: {
    ...place,
    template: { containers: [], initContainers: [], volumes: [], imagePullSecrets: [], hostNetwork: false },
  },
  ServiceAccount: { ...place, imagePullSecrets: [] },
  Node: { name: "data", labels: {}, taints: [], kubeletVersion: "" },
};

const projections: Readonly<Record<keyof typeof empty, (raw: RawObject) => object>> = {
  Namespace: (raw) => projectNamespace(raw, place),
  Claim: (raw) => projectClaim(raw, place),
  PersistentVolume: (raw) => projectPersistentVolume(raw, place),
  Dataset: (raw) => projectDataset(raw, place),
  Runtime: (raw) => projectRuntime(raw, "ThinRuntime", place),
  DaemonSet: (raw) => projectClientDaemonSet(raw, place),
  ServiceAccount: (raw) => projectServiceAccount(raw, place),
  Node: (raw) => projectNode(raw, place),
};

describe.each(Object.entries(projections))("half-made %s", (kind, project) => {
  const expected = Object.entries(empty).find(([name]) => name === kind)?.[1];

  it.each(wrong.map((value) => [value]))("with %j for its parts is like an empty one", (value) => {
    const raw = { metadata: value, spec: value, status: value, imagePullSecrets: value };
    expect(project(raw)).toEqual(expected);
    expect(
      project({ spec: { template: { spec: raw }, csi: value, claimRef: value, mounts: value } }),
    ).toEqual(expected);
  });
});

describe("label maps", () => {
  it("know nothing that was not said, whatever the key is called", () => {
    const labels = JSON.parse('{"__proto__": "p", "a": "b"}');
    const projected = projectClaim({ metadata: { labels } }, place).labels;
    expect(projected["a"]).toBe("b");
    expect(projected["constructor"]).toBeUndefined();
    expect(projected["toString"]).toBeUndefined();
    expect(Object.getPrototypeOf(projected)).toBeNull();
  });

  it.each([[undefined], [null], [""]])("deletionTimestamp %j is none", (deletionTimestamp) => {
    expect(projectClaim({ metadata: { deletionTimestamp } }, place).deleting).toBe(false);
  });
});
