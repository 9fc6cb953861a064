import { rm } from "node:fs/promises";
import type { Container, Pod } from "kubernetes-types/core/v1";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../src/admission/conclude.ts";
import type { Decision } from "../../src/admission/decision.ts";
import type { Cluster } from "../../src/cluster/cluster-view.ts";
import { openManifestCluster } from "../../src/cluster/manifest-cluster.ts";
import { reasonInfo } from "../../src/types/reason.ts";
import { decidePod } from "../support/decide-pod.ts";
import { judge, outcomeOf } from "./allowed-difference.ts";
import { allowedDifferences } from "./differences.ts";
import type { Manifest } from "./manifests.ts";
import { answerOfFluid } from "./model/fluid-webhook.ts";
import { haveRecordings, recordedCases, recordedClusters } from "./recorded-cases.ts";

/** Pods that were not recorded: each dataset of the recorded cluster with each thing that a recorded pod asks for. */
interface Variation {
  readonly claims: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Partial<NonNullable<Pod["spec"]>>;
  readonly users?: "app" | "init" | "both" | "nobody";
  readonly readOnly?: boolean;
  readonly subPath?: string;
  readonly propagation?: string;
  readonly generateName?: string;
  readonly native?: boolean;
}

const serverless = { "serverless.fluid.io/inject": "true" };
const serverful = { "fuse.serverful.fluid.io/inject": "true" };
const zone = "topology.kubernetes.io/zone";
const inRack = (operator: string, ...values: string[]) => ({
  matchExpressions: [{ key: "rack", operator, values }],
});

const ways: Readonly<Record<string, (claim: string) => Omit<Variation, "claims">>> = {
  sidecar: () => ({ labels: serverless }),
  "sidecar, native": () => ({ labels: serverless, native: true }),
  "init container": () => ({ labels: serverless, users: "init" }),
  "init container, native": () => ({ labels: serverless, users: "init", native: true }),
  "init container and app, native": () => ({ labels: serverless, users: "both", native: true }),
  "not mounted": () => ({ labels: serverless, users: "nobody", native: true }),
  unprivileged: () => ({ labels: { ...serverless, "unprivileged.sidecar.fluid.io/inject": "true" } }),
  "deprecated label": () => ({ labels: { "fuse.sidecar.fluid.io/inject": "true" } }),
  "both labels": () => ({ labels: { ...serverless, ...serverful } }),
  "cache directories": () => ({
    labels: { ...serverless, "cachedir.sidecar.fluid.io/inject": "true" },
    native: true,
  }),
  "no hook": () => ({ labels: { ...serverless, "fuse.sidecar.poststart.fluid.io/inject": "false" } }),
  "app's mounts checked": () => ({ labels: { ...serverless, "app.poststart.fluid.io/inject": "true" } }),
  "app's mounts checked, own hook": () => ({
    labels: { ...serverless, "app.poststart.fluid.io/inject": "true" },
    native: true,
    spec: { containers: [ownHook] },
  }),
  "app's mounts checked, init container, native": () => ({
    labels: { ...serverless, "app.poststart.fluid.io/inject": "true" },
    users: "both",
    native: true,
  }),
  "own propagation": () => ({ labels: serverless, propagation: "Bidirectional", native: true }),
  "own propagation, csi mode": () => ({ labels: serverful, propagation: "Bidirectional" }),
  "names of volumes that Fluid takes": () => ({
    labels: serverless,
    native: true,
    spec: { volumes: ["check-fluid-mount-ready", "mem-0", "data-0"].map((name) => ({ name, emptyDir: {} })) },
  }),
  "a name to be made": () => ({ labels: serverless, generateName: "p-", native: true }),
  "read-only volume": () => ({ labels: serverless, readOnly: true, native: true }),
  "sub path": () => ({ labels: serverless, subPath: "a/b", native: true }),
  job: () => ({ labels: serverless, spec: { restartPolicy: "Never" }, native: true }),
  "required, sidecar": (claim) => ({
    labels: { ...serverless, [`fluid.io/dataset.${claim}.sched`]: "required" },
    native: true,
  }),
  "no precheck": () => ({ labels: serverless, annotations: { "sidecar.fluid.io/skip-precheck": "true" } }),
  "unknown platform": () => ({ labels: serverless, annotations: { "serverless.fluid.io/platform": "moon" } }),
  "opted out": () => ({ labels: { ...serverless, "fluid.io/enable-injection": "false" } }),
  done: () => ({ labels: { ...serverless, "done.sidecar.fluid.io/inject": "true" } }),
  "own usage and scrape": () => ({
    labels: serverless,
    native: true,
    annotations: { "fluid.io/datasets-in-use": "z, a", "prometheus.fuse.fluid.io/scrape": "false" },
  }),
  "csi mode": () => ({ labels: serverful }),
  "csi mode, init container": () => ({ labels: serverful, users: "both" }),
  "csi mode, required": (claim) => ({
    labels: { ...serverful, [`fluid.io/dataset.${claim}.sched`]: "required" },
  }),
  "csi mode, required with own alternatives": (claim) => ({
    labels: { ...serverful, [`fluid.io/dataset.${claim}.sched`]: "required" },
    spec: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [inRack("In", "a"), inRack("NotIn", "b")],
          },
        },
      },
    },
  }),
  "csi mode, own zone beside a preference": () => ({
    labels: serverful,
    spec: {
      nodeSelector: { [zone]: "zone-0" },
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 7, preference: inRack("In", "a") }],
        },
      },
    },
  }),
  "csi mode, own zone": () => ({ labels: serverful, spec: { nodeSelector: { [zone]: "zone-0" } } }),
  "csi mode, own preference": () => ({
    labels: serverful,
    spec: {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 7, preference: inRack("In", "a") }],
        },
      },
    },
  }),
};

const ownHook: Container = {
  name: "app",
  image: "nginx:1.27",
  lifecycle: { postStart: { exec: { command: ["true"] } } },
};

const alone = [
  ...["alluxiodemo", "alluxiofull", "jfsdemo", "jfsfull", "jindodemo", "jindometrics", "thindemo", "thinnfs"],
  ...["efcdemo", "jfsinner", "jfsnods", "nestax", "nestthin", "alien"],
].map((claim) => ["default", claim] as const);
const referring = ["refdemo", "refsub", "refax", "refjindo", "refthin"].map(
  (claim) => ["ref", claim] as const,
);
const long = "imagenet-2012-train-shards-tfrecord-recompressed-v000";
const elsewhere = [
  ["base", "refbase"],
  ["dry", "refdry"],
  ["ml-platform-training", long],
] as const;
const together = [
  ["default", "alluxiodemo", "jfsdemo"],
  ["default", "jindometrics", "thinnfs"],
  ["default", "thindemo", "alluxiofull", "jindodemo"],
  ["default", "nestthin", "jfsinner"],
  ["default", "efcdemo", "jfsdemo"],
  ["ref", "refdemo", "refsub"],
  ["ref", "refax", "refjindo"],
] as const;

function podOf(
  namespace: string,
  { claims, users = "app", subPath, propagation, readOnly, ...more }: Variation,
): Pod {
  const volumeMounts = claims.map((claim) => ({
    name: claim,
    mountPath: `/data/${claim}`,
    ...(subPath === undefined ? {} : { subPath }),
    ...(propagation === undefined ? {} : { mountPropagation: propagation }),
  }));
  const mounting = (container: Container): Container => ({ ...container, volumeMounts });
  const { containers = [{ name: "app", image: "nginx:1.27" }], volumes = [], ...spec } = more.spec ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...(more.generateName === undefined ? { name: "p" } : { generateName: more.generateName }),
      namespace,
      labels: { ...more.labels },
      ...(more.annotations === undefined ? {} : { annotations: { ...more.annotations } }),
    },
    spec: {
      ...(users === "init" || users === "both"
        ? { initContainers: [mounting({ name: "setup", image: "busybox:1.37" })] }
        : {}),
      containers: users === "app" || users === "both" ? containers.map(mounting) : containers,
      volumes: [
        ...volumes,
        ...claims.map((claim) => ({
          name: claim,
          persistentVolumeClaim: { claimName: claim, ...(readOnly ? { readOnly } : {}) },
        })),
      ],
      ...spec,
    },
  };
}

function refusalOf({ findings }: Decision): string {
  const refusals = findings.filter(isRefusal);
  const [first] = refusals;
  const words = refusals.map(({ message }) => message).join("; ");
  const codes = findings.map(({ code }) => code).join(",");
  return first === undefined ? "" : `${reasonInfo(first.code).status} ${codes}: ${words}`;
}

describe.runIf(haveRecordings)("pods like the recorded ones, against a model of Fluid's webhook", () => {
  let cluster: Cluster;
  let folder = "";
  let objects: readonly Manifest[] = [];

  beforeAll(async () => {
    const [standing] = recordedClusters(recordedCases().cases.filter(({ extras }) => extras.length === 0));
    if (standing === undefined) throw new Error("nothing was recorded");
    ({ folder, objects } = standing);
    cluster = await openManifestCluster(folder, { follow: false });
  });

  afterAll(async () => {
    await cluster.close();
    await rm(folder, { recursive: true });
  });

  function complaintsAbout(namespace: string, way: string, claims: readonly string[]): readonly string[] {
    const [first = ""] = claims;
    const variation = { claims, ...ways[way]?.(first) };
    const object = podOf(namespace, variation);
    const { native = false } = variation;
    const sidecar = native ? ("native" as const) : ("classic" as const);
    const fluid = answerOfFluid(object, namespace, objects, native);
    const decide = (missingObjects: "refuse" | "warn") =>
      decidePod(
        object,
        cluster.view,
        { sidecar, references: { unlessStated: "allow", missingObjects } },
        { namespace },
      );
    const strict = decide("refuse");
    const believing = strict.verdict === "rejected" ? decide("warn") : strict;
    const ours = believing.verdict === "rejected" ? undefined : believing.pod;
    const name = `${way}: ${namespace}/${claims.join("+")}`;
    const review = { request: { uid: "1", namespace, object } };
    const recorded = { name, review, sidecar, extras: [], ...(fluid === undefined ? {} : { fluid }) };
    const refusal = strict.verdict === "rejected" ? refusalOf(ours === undefined ? believing : strict) : "";
    return judge(outcomeOf(recorded, ours, refusal, objects), allowedDifferences).complaints;
  }

  const sets = [...alone, ...referring, ...elsewhere, ...together].map(([namespace, ...claims]) => ({
    title: `${namespace}/${claims.join("+")}`,
    namespace,
    claims,
  }));
  it.each(sets)("$title", ({ namespace, claims }) => {
    const complaints = Object.keys(ways).flatMap((way) => complaintsAbout(namespace, way, claims));
    expect(complaints.join("\n"), "differences that are not on the list").toBe("");
  });
});
