import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { projectJuicefsSecret } from "../../../src/cluster/juicefs-projections.ts";
import { projectClaim, projectPersistentVolume } from "../../../src/cluster/projections.ts";
import { type Config, defaultConfig } from "../../../src/config.ts";
import { judgeMissed } from "../../../src/controllers/audit/missed-pod.ts";
import { clusterOf } from "../../support/cluster-of.ts";
import { decidePod, optedInCluster, podWith } from "../../support/decide-pod.ts";
import { fluidDataset, objectsOf } from "../../support/fluid-dataset.ts";

const data = fluidDataset("data");
const cluster = optedInCluster([data]);
const plain = clusterOf({
  namespaces: [{ name: "default", labels: {}, annotations: {} }],
  ...objectsOf(data),
});

/** A pod as the API server stores one that nobody has injected. */
function stored(more: { readonly metadata?: object; readonly spec?: object; readonly status?: object } = {}) {
  const pod = podWith(["data"]);
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      uid: "u",
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...more.metadata,
    },
    spec: { ...pod.spec, nodeName: "node-a", restartPolicy: "Always", ...more.spec },
    status: { phase: "Running", ...more.status },
  };
}

const owned = (kind: string, name: string, apiVersion = "apps/v1") => ({
  ownerReferences: [{ apiVersion, kind, name, uid: `uid-${name}`, controller: true }],
});

describe("a pod that slipped through", () => {
  it("is found, with what it mounts and what to do", () => {
    expect(judgeMissed(stored(), cluster, defaultConfig)).toEqual({
      namespace: "default",
      name: "train",
      uid: "u",
      created: "2026-01-01T00:00:00Z",
      maker: { kind: undefined, name: "", apiVersion: "v1", uid: undefined, revision: undefined },
      mounts: ["Dataset default/data"],
      refusal: undefined,
      remedy: "kubectl -n default delete pod train, and create it again from its manifest",
      restarted: false,
    });
  });

  it.each([
    ["serverless.fluid.io/inject", "true"],
    ["fuse.sidecar.fluid.io/inject", "true"],
    ["sluice.io/inject", "true"],
  ])("is found by the pod's own label %s", (label, value) => {
    expect(judgeMissed(stored(), plain, defaultConfig)).toBeUndefined();
    const pod = stored({ metadata: { labels: { [label]: value } } });
    expect(judgeMissed(pod, plain, defaultConfig)?.mounts).toEqual(["Dataset default/data"]);
  });

  it("is found where it would be refused now, and says why", () => {
    const broken = { ...data, dataset: { ...data.dataset, phase: "NotBound" } };
    const found = judgeMissed(stored(), optedInCluster([broken]), defaultConfig);
    expect(found?.refusal).toContain("Dataset default/data");
    expect(found?.mounts).toEqual(["claim default/data"]);
  });

  it("is found although what its annotations ask for cannot be understood", () => {
    const pod = stored({ metadata: { annotations: { "sluice.io/mode": "sidekick" } } });
    const found = judgeMissed(pod, cluster, defaultConfig);
    expect(found?.mounts).toEqual(["Dataset default/data"]);
    expect(found?.refusal).toContain("sidekick");
  });

  it("is known for one that a restart has made", () => {
    const pod = stored({ metadata: { annotations: { "sluice.io/restarted-for": "5d4f" } } });
    expect(judgeMissed(pod, cluster, defaultConfig)?.restarted).toBe(true);
  });
});

describe("a pod with a claim of JuiceFS's", () => {
  const secret = { namespace: "storage", name: "fs" };
  const place = { namespace: "default", name: "data" };
  const spec = { accessModes: ["ReadWriteMany"], volumeName: "pv" };
  const csi = { driver: "csi.juicefs.com", volumeHandle: "pv", nodePublishSecretRef: secret };
  const claimRef = { ...place, uid: "u" };
  const stringData = { name: "corpfs", metaurl: "redis://redis/1" };
  const clusterWith = (labels: Readonly<Record<string, string>>) =>
    clusterOf({
      namespaces: [{ name: "default", labels, annotations: {} }],
      claims: [projectClaim({ metadata: { uid: "u" }, spec }, place)],
      persistentVolumes: [
        projectPersistentVolume({ spec: { ...spec, claimRef, csi } }, { namespace: "", name: "pv" }),
      ],
      juicefsSecrets: [projectJuicefsSecret({ stringData }, secret)],
    });

  it.each([
    ["juicefs.com/enable-injection", "true", ["JuiceFS claim default/data"]],
    ["juicefs.com/enable-serverless-injection", "true", ["JuiceFS claim default/data"]],
    ["sluice.io/injection", "enabled", ["JuiceFS claim default/data"]],
    ["juicefs.com/enable-injection", "yes", undefined],
  ])("is judged by the namespace's label %s: %s", (key, value, mounts) => {
    expect(judgeMissed(stored(), clusterWith({ [key]: value }), defaultConfig)?.mounts).toEqual(mounts);
  });
});

describe("no pod that slipped through", () => {
  const injected: Pod = decidePod(podWith(["data"]), cluster).pod;
  const csi: Partial<Config> = { mode: "csi" };

  it.each<[string, object, Partial<Config>?]>([
    ["has been injected", { ...injected, status: { phase: "Running" } }],
    ["has ended", stored({ status: { phase: "Succeeded" } })],
    ["has failed", stored({ status: { phase: "Failed" } })],
    ["is being deleted", stored({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } })],
    ["opts out", stored({ metadata: { labels: { "sluice.io/inject": "false" } } })],
    ["opts out in Fluid's words", stored({ metadata: { labels: { "fluid.io/enable-injection": "false" } } })],
    [
      "has the mark of another webhook",
      stored({ metadata: { labels: { "done.sidecar.fluid.io/inject": "true" } } }),
    ],
    [
      "leaves its claims to the CSI driver",
      stored({ metadata: { annotations: { "sluice.io/mode": "csi" } } }),
    ],
    ["leaves them to it as all do", stored(), csi],
    ["mounts nothing", stored({ spec: { volumes: [] } })],
    [
      "mounts another claim",
      stored({ spec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "none" } }] } }),
    ],
    ["is in a namespace that never calls", stored({ metadata: { namespace: "kube-system" } })],
    ["is no pod", { metadata: { namespace: "default" }, spec: { volumes: "none" } }],
  ])("%s", (_words, pod, config = {}) => {
    expect(judgeMissed({ ...pod }, cluster, { ...defaultConfig, ...config })).toBeUndefined();
  });
});

it("a pod that Sluice itself cannot cope with keeps no other from being looked at", () => {
  const failing = {
    ...cluster,
    claim: () => {
      throw new Error("planted");
    },
  };
  expect(judgeMissed(stored(), failing, defaultConfig)).toBeUndefined();
});

describe("what to do about it", () => {
  const hash = { "pod-template-hash": "5d4f" };
  it.each([
    ["Deployment", { ...owned("ReplicaSet", "web-5d4f"), labels: hash }, "rollout restart deployment/web"],
    [
      "ReplicaSet",
      { ...owned("ReplicaSet", "web"), labels: hash },
      "delete pod train: ReplicaSet web makes it again",
    ],
    ["StatefulSet", owned("StatefulSet", "db"), "rollout restart statefulset/db"],
    ["DaemonSet", owned("DaemonSet", "log"), "rollout restart daemonset/log"],
    ["Job", owned("Job", "once", "batch/v1"), "delete pod train: Job once makes it again"],
    ["Node", { annotations: { "kubernetes.io/config.mirror": "x" } }, "sluice inject"],
  ])("made by a %s", (kind, metadata, remedy) => {
    const found = judgeMissed(stored({ metadata }), cluster, defaultConfig);
    expect(found?.maker.kind).toBe(kind);
    expect(found?.remedy).toContain(remedy);
  });
});
