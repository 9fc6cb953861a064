import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { refusalMessage } from "../../src/admission/answer.ts";
import type { Decision } from "../../src/admission/decision.ts";
import type { ClusterView } from "../../src/cluster/cluster-view.ts";
import { reasonInfo } from "../../src/types/reason.ts";
import { type ClusterObjects, clusterOf } from "../support/cluster-of.ts";
import { nestedDataset } from "../support/dataset-zoo.ts";
import { decidePod, podWith } from "../support/decide-pod.ts";
import { type FluidDataset, fluidDataset, objectsOf } from "../support/fluid-dataset.ts";

const serverless = { "serverless.fluid.io/inject": "true" };
const serverful = { "fuse.serverful.fluid.io/inject": "true" };

interface Marks {
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

function clusterWith(made: FluidDataset, change: ClusterObjects): ClusterView {
  return clusterOf({ ...objectsOf(made), ...change });
}

function labelled(pod: Pod, labels: Record<string, string>, marks: Marks = {}): Pod {
  const metadata = { ...pod.metadata, labels: { ...labels, ...marks.labels } };
  return { ...pod, metadata: marks.annotations ? { ...metadata, annotations: marks.annotations } : metadata };
}

/** What a user reads: "refused 409: …", "admitted", or the code of what was done. */
function told({ verdict, findings }: Decision, message: string): string {
  if (verdict !== "rejected") return verdict;
  const [first] = findings;
  return `${first === undefined ? "" : reasonInfo(first.code).status}: ${message}`;
}

const data = fluidDataset("data");
const { persistentVolume: volume, daemonSet, dataset, claim } = data;
const bound = { ...dataset, runtimes: dataset.runtimes };
const noAttributes = { ...volume, csi: { driver: "fuse.csi.fluid.io", attributes: {} } };

describe("what becomes of a pod in each situation that Fluid knows, its outcome table (W1)", () => {
  it.each<[string, ClusterObjects, Marks, string]>([
    [
      "the claim does not exist",
      { claims: [] },
      {},
      "409: claim default/data does not exist: create it, or correct the volume's claimName",
    ],
    [
      "the Dataset does not exist",
      { datasets: [] },
      {},
      "409: claim default/data belongs to Dataset default/data, which does not exist: create it, or remove the claim's label fluid.io/s-default-data",
    ],
    [
      "the Dataset is NotBound",
      { datasets: [{ ...dataset, phase: "NotBound" }] },
      {},
      "409: claim default/data belongs to Dataset default/data, which is not bound yet: check its runtime, or create the pod later",
    ],
    [
      "the Dataset is NotBound, and its controller says why",
      { datasets: [{ ...dataset, phase: "NotBound", notReady: "no master is ready" }] },
      {},
      "409: claim default/data belongs to Dataset default/data, which is not bound yet: check its runtime, or create the pod later; it says: no master is ready",
    ],
    [
      "the Dataset has no phase yet",
      { datasets: [{ ...dataset, phase: "" }] },
      {},
      "409: claim default/data belongs to Dataset default/data, which is not bound yet: check its runtime, or create the pod later",
    ],
    [
      "the same, with the check skipped, and no runtime",
      { datasets: [{ ...dataset, phase: "", runtimes: [] }] },
      { annotations: { "sidecar.fluid.io/skip-precheck": "true" } },
      "409: claim default/data belongs to Dataset default/data, which has no runtime yet: create a runtime of the same name",
    ],
    [
      "the same, with the check skipped, and a runtime",
      { datasets: [{ ...dataset, phase: "NotBound" }] },
      { annotations: { "sidecar.fluid.io/skip-precheck": "true" } },
      "injected",
    ],
    [
      "the runtime does not exist",
      { runtimes: [] },
      {},
      "409: claim default/data belongs to Dataset default/data, whose JuiceFSRuntime data does not exist: create it, or delete the Dataset",
    ],
    ["the Dataset is Failed, with a runtime", { datasets: [{ ...bound, phase: "Failed" }] }, {}, "injected"],
    [
      "the Dataset is Pending, with a runtime",
      { datasets: [{ ...bound, phase: "Pending" }] },
      {},
      "injected",
    ],
    [
      "the claim is being deleted",
      { claims: [{ ...claim, deleting: true }] },
      {},
      "409: claim default/data is being deleted: create the pod again when it is back",
    ],
    [
      "the client's DaemonSet does not exist",
      { clientDaemonSets: [] },
      {},
      "409: the client of Dataset default/data is unknown, for DaemonSet data-fuse does not exist: wait until Fluid has created it",
    ],
    [
      "the DaemonSet has no container",
      { clientDaemonSets: [{ ...daemonSet, template: { ...daemonSet.template, containers: [] } }] },
      {},
      "409: the client of Dataset default/data is unknown, for DaemonSet data-fuse has no container: recreate the runtime",
    ],
    [
      "the volume does not exist",
      { persistentVolumes: [] },
      {},
      "409: PersistentVolume default-data of claim default/data does not exist: recreate Dataset data",
    ],
    [
      "the volume says nothing of the mount",
      { persistentVolumes: [noAttributes] },
      {},
      "403: PersistentVolume default-data of Dataset default/data is no Fluid volume: there is no CSI attribute fluid_path; recreate the Dataset",
    ],
    [
      "the client's container does not mount it",
      {
        clientDaemonSets: [
          { ...daemonSet, template: { ...daemonSet.template, volumes: [{ name: "script", emptyDir: {} }] } },
        ],
      },
      {},
      "403: the client of Dataset default/data (DaemonSet data-fuse) mounts no hostPath that holds /runtime-mnt/juicefs/default/data/juicefs-fuse: recreate the runtime",
    ],
    [
      "a platform that nobody knows",
      {},
      { annotations: { "serverless.fluid.io/platform": "moon" } },
      '403: annotation serverless.fluid.io/platform is "moon", no known platform: use kubernetes',
    ],
    [
      "annotations of the prefetcher that cannot be used",
      {},
      {
        annotations: {
          "file-prefetcher.fluid.io/inject": "true",
          "file-prefetcher.fluid.io/extra-envs": "A",
        },
      },
      '403: the pod carries values that are not known: file-prefetcher.fluid.io/extra-envs has "A" (use NAME=value, with blanks in between)',
    ],
  ])("%s", (_, change, marks, expected) => {
    const decision = decidePod(labelled(podWith(["data"]), serverless, marks), clusterWith(data, change));
    const message = refusalMessage(decision);
    expect(told(decision, message).slice(0, expected.length)).toBe(expected);
    // Object, reason and remedy are read before a terminal cuts the line.
    expect(message.split("; it says: ")[0]?.length).toBeLessThanOrEqual(200);
    if (decision.verdict === "rejected") expect(decision.edits).toEqual([]);
  });

  it("refuses a dataset whose source is not there, and names both", () => {
    const cluster = clusterWith(nestedDataset("outer", "inner"), {});
    const decision = decidePod(labelled(podWith(["outer"]), serverless), cluster);
    expect(told(decision, refusalMessage(decision))).toBe(
      "409: claim default/inner does not exist: create it, or correct the volume's claimName (volume source of the client of claim default/outer needs it)",
    );
  });

  it("leaves a claim that is not Fluid's alone", () => {
    const other = { ...claim, labels: {} };
    const decision = decidePod(
      labelled(podWith(["data"]), serverless),
      clusterWith(data, { claims: [other] }),
    );
    expect(decision).toMatchObject({ verdict: "unchanged", volumes: [{ code: "not-a-dataset" }] });
  });

  it("refuses both labels that name a platform, which Fluid lets in without its data", () => {
    const labels = { ...serverless, "example.com/vnode": "eci" };
    const config = { platformLabel: "example.com/vnode" };
    const decision = decidePod(labelled(podWith(["data"]), labels), clusterWith(data, {}), config);
    expect(told(decision, refusalMessage(decision))).toBe(
      "403: labels example.com/vnode=eci and serverless.fluid.io/inject=true both say where the pod runs: remove one of them",
    );
  });

  it.each<[string, ClusterObjects, string]>([
    ["the claim does not exist", { claims: [] }, "claim-not-found"],
    ["the Dataset is not bound", { datasets: [{ ...dataset, phase: "" }] }, "dataset-not-bound"],
    ["the runtime does not exist", { runtimes: [] }, "runtime-not-found"],
    ["the client's DaemonSet does not exist", { clientDaemonSets: [] }, "left-to-csi"],
  ])("lets a pod in csi mode go to the driver, which waits, where %s", (_, change, code) => {
    const decision = decidePod(labelled(podWith(["data"]), serverful), clusterWith(data, change));
    expect(decision.verdict).not.toBe("rejected");
    expect(decision.volumes.map((outcome) => outcome.code)).toEqual([code]);
  });
});
