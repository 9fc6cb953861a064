import { readFileSync } from "node:fs";
import { eventually } from "../../e2e/harness/eventually.ts";
import { type Fields, listAt, textAt } from "../../e2e/harness/fields.ts";
import { collectionOf } from "../../e2e/harness/objects.ts";
import { Replica } from "../../e2e/harness/replica.ts";
import { sluiceNamespace } from "../../e2e/harness/replicas.ts";
import { residentMegabytes } from "../process-usage.ts";
import type { BenchCluster } from "./bench-cluster.ts";
import { bodyOf } from "./creations.ts";

/** What one start of Sluice found. */
export interface Start {
  /** Milliseconds from starting the process to /readyz. */
  readonly readyMs: number;
  /** CPU seconds that it has used up to then. */
  readonly readyCpu: number;
  /** Megabytes (1,000,000 bytes) when it is ready, and the most up to then. */
  readonly readyMegabytes: number;
  readonly peakMegabytes: number;
  /** After some hundred pods. */
  readonly loadedMegabytes: number;
  /** Milliseconds of the first review, connecting included, as the API server's own metric tells. */
  readonly firstAdmissionMs: number;
  /** Milliseconds of the whole creation of that pod. */
  readonly firstCreationMs: number;
  /** Milliseconds of a later creation (median), one after the other. */
  readonly laterCreationMs: number;
  /** Milliseconds of a review after all those, as the API server's own metric tells (mean); no two pods are alike. */
  readonly reviewMs: number;
}

export interface ScaleRow {
  readonly datasets: number;
  readonly starts: readonly Start[];
}

const slices = `/apis/discovery.k8s.io/v1/namespaces/${sluiceNamespace}/endpointslices`;
const sampleCount = 50;
/** As many that differ are more than Sluice remembers answers to. */
const podCount = 700;

/**
 * Starts one replica after the other over clusters of growing size. Scheduler and controller manager are stopped, so
 * that they do not work on ten thousand DaemonSets meanwhile.
 */
export async function measureScale(cluster: BenchCluster): Promise<ScaleRow[]> {
  const { sizes, starts } = cluster.options;
  const { pod, address } = await keepOneEndpoint(cluster);
  const rows: ScaleRow[] = [];
  for (const size of sizes) {
    if (size > cluster.datasets) await cluster.growTo(size);
    const found: Start[] = [];
    for (let start = 0; start < starts; start++) {
      cluster.say(`${size} datasets, start ${start + 1} of ${starts}`);
      found.push(await startOver(cluster, pod, address));
    }
    rows.push({ datasets: size, starts: found });
  }
  return rows;
}

/** Leaves one of the replicas in the Service, and none running. */
async function keepOneEndpoint({
  api,
  plane,
  replicas,
}: BenchCluster): Promise<{ pod: Fields; address: string }> {
  await Promise.all([plane.stop("kube-controller-manager"), plane.stop("kube-scheduler")]);
  const [pod] = await api.list(collectionOf("Pod", sluiceNamespace));
  const address = textAt(pod, "status", "podIP");
  if (pod === undefined || address === "") throw new Error("there is no pod of Sluice");
  await replicas.close();
  for (const slice of await api.list(slices)) {
    const endpoints = listAt(slice, "endpoints").filter((one) => textAt(one, "addresses", 0) === address);
    await api.patch(`${slices}/${textAt(slice, "metadata", "name")}`, { endpoints });
  }
  return { pod, address };
}

async function startOver(cluster: BenchCluster, pod: Fields, address: string): Promise<Start> {
  const { load, replicaPlace } = cluster;
  const samples = cluster.samples(sampleCount);
  const pods = Array.from({ length: podCount }, (_, index) => {
    const { namespace, claim } = samples[index % samples.length] ?? { namespace: "", claim: "" };
    return { namespace, body: bodyOf(namespace, [claim], { worker: String(index) }) };
  });
  const replica = new Replica(pod, address, replicaPlace);
  await replica.start();
  const begin = performance.now();
  await eventually(
    "Sluice is ready",
    async () => {
      if (!replica.running) throw new Error(replica.process.log().slice(-1_500));
      return (await replica.ask("/readyz")).status === 200;
    },
    // More often would take CPU from what is measured.
    { seconds: 60, pauseMs: 20 },
  );
  const readyMs = performance.now() - begin;
  const readyCpu = replica.process.cpuSeconds();
  const readyMegabytes = residentMegabytes(replica.process.pid);
  const peakMegabytes = mostResidentMegabytes(replica.process.pid);
  const before = await webhookTime(cluster);
  const alone = { workers: 1, settleSeconds: 0, served: true };
  const first = await load.createPods({ ...alone, pods: pods.slice(0, 1), seconds: 0 });
  const after = await webhookTime(cluster);
  if (after.calls !== before.calls + 1)
    throw new Error(`the first pod was asked about ${after.calls - before.calls} times`);
  const seconds = Math.min(cluster.options.seconds, 2);
  const later = await load.createPods({ ...alone, pods, seconds });
  const settled = await webhookTime(cluster);
  await load.createPods({ ...alone, pods, seconds: 2 * seconds });
  const end = await webhookTime(cluster);
  const loadedMegabytes = residentMegabytes(replica.process.pid);
  await replica.stop(0);
  return {
    readyMs,
    readyCpu,
    readyMegabytes,
    peakMegabytes,
    loadedMegabytes,
    firstAdmissionMs: (after.seconds - before.seconds) * 1000,
    firstCreationMs: first.p50,
    laterCreationMs: later.p50,
    reviewMs: ((end.seconds - settled.seconds) / (end.calls - settled.calls)) * 1000,
  };
}

/** How often the API server has asked Sluice, and how long that took in all. */
async function webhookTime({ plane }: BenchCluster): Promise<{ calls: number; seconds: number }> {
  const name = "apiserver_admission_webhook_admission_duration_seconds";
  const entry = 'name="namespace.sluice.io"';
  const [calls, seconds] = await Promise.all([
    plane.metric(`${name}_count`, entry),
    plane.metric(`${name}_sum`, entry),
  ]);
  return { calls, seconds };
}

/** The most memory that a process has held, in MB of 1,000,000 bytes; NaN where the system does not tell. */
function mostResidentMegabytes(pid: number): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kibibytes ?? Number.NaN) * 1024) / 1e6;
}
