import { podOf } from "../../e2e/harness/pods.ts";
import { type BenchCluster, datasetName, datasetNamespace } from "./bench-cluster.ts";
import { LeastWebhook } from "./least-webhook.ts";
import type { Created } from "./load-command.ts";
import type { Registration } from "./registration.ts";

/** What one measurement found. */
export interface Measured extends Created {
  /** CPU seconds for 1,000 pods. */
  readonly apiServerCpu: number;
  readonly etcdCpu: number;
  /** Of all replicas together. */
  readonly sluiceCpu: number;
}

/** One kind of pod at one number of workers, with what each round found. */
export interface CreationRow {
  readonly name: string;
  readonly workers: number;
  readonly rounds: Measured[];
  /** The row of the same pods without Sluice. */
  readonly plain: CreationRow | undefined;
}

/** Who is asked about pods. */
const registrations = ["nobody", "least webhook", "Sluice"] as const;
type Registered = (typeof registrations)[number];

interface Case {
  readonly name: string;
  readonly registered: Registered;
  readonly claims: readonly string[];
}

const cases: readonly Case[] = [
  { name: "plain: no claim, not registered", registered: "nobody", claims: [] },
  { name: "not asked: no claim", registered: "Sluice", claims: [] },
  { name: "plain: one dataset, not registered", registered: "nobody", claims: [datasetName] },
  { name: "another webhook: adds a label", registered: "least webhook", claims: [datasetName] },
  { name: "injecting: one dataset", registered: "Sluice", claims: [datasetName] },
];
const settleSeconds = 0.15;

/** Measures pods with and without Sluice in turn, so that whatever else the machine does meets both. */
export async function measureCreations(
  cluster: BenchCluster,
  registration: Registration,
): Promise<CreationRow[]> {
  const { rounds, seconds, workers } = cluster.options;
  const least = await LeastWebhook.start(cluster);
  const register = async (registered: Registered): Promise<void> => {
    await registration.set(registered === "Sluice");
    await least.set(registered === "least webhook");
  };
  const groups = workers.map(rowsOf);
  cluster.say("warming up");
  for (const registered of registrations) {
    await register(registered);
    for (const one of cases.filter((candidate) => candidate.registered === registered))
      await measure(cluster, one, 8, seconds * 2);
  }
  for (let round = 0; round < rounds; round++) {
    for (const group of groups) {
      const count = group[0]?.workers ?? 0;
      cluster.say(`round ${round + 1} of ${rounds}, pods by ${count} worker${count === 1 ? "" : "s"}`);
      // There and back, so that a machine that gets slower or faster favours none.
      const order = round % 2 === 0 ? registrations : registrations.toReversed();
      for (const registered of order) {
        await register(registered);
        for (const one of cases.filter((candidate) => candidate.registered === registered)) {
          const row = group.find(({ name }) => name === one.name);
          row?.rounds.push(await measure(cluster, one, count, seconds));
        }
      }
    }
  }
  await register("Sluice");
  return groups.flat();
}

function rowsOf(workers: number): CreationRow[] {
  const rows: CreationRow[] = [];
  for (const { name, registered } of cases)
    rows.push({ name, workers, rounds: [], plain: registered === "nobody" ? undefined : plainOf(rows) });
  return rows;
}

function plainOf(before: readonly CreationRow[]): CreationRow | undefined {
  return before.findLast(({ plain }) => plain === undefined);
}

async function measure(
  cluster: BenchCluster,
  { claims, registered }: Case,
  workers: number,
  seconds: number,
): Promise<Measured> {
  const readings: Usage[] = [];
  const created = await cluster.load.createPods(
    {
      pods: [{ namespace: datasetNamespace, body: bodyOf(datasetNamespace, claims) }],
      workers,
      settleSeconds: Math.min(settleSeconds, seconds),
      seconds,
      served: registered === "Sluice" && claims.length > 0,
    },
    () => readings.push(usageOf(cluster)),
  );
  const [before, after] = readings;
  const perThousand = (part: keyof Usage) =>
    (((after?.[part] ?? Number.NaN) - (before?.[part] ?? Number.NaN)) / created.pods) * 1000;
  return {
    ...created,
    apiServerCpu: perThousand("apiServer"),
    etcdCpu: perThousand("etcd"),
    sluiceCpu: perThousand("sluice"),
  };
}

/** A small pod: the less the API server has to do with it by itself, the more a webhook weighs. */
export function bodyOf(
  namespace: string,
  claims: readonly string[],
  labels: Readonly<Record<string, string>> = {},
): string {
  return JSON.stringify(podOf(undefined, { namespace, claims, labels }));
}

interface Usage {
  readonly apiServer: number;
  readonly etcd: number;
  readonly sluice: number;
}

/** CPU seconds so far. */
function usageOf({ plane, replicas }: BenchCluster): Usage {
  return {
    apiServer: plane.part("kube-apiserver").cpuSeconds(),
    etcd: plane.part("etcd").cpuSeconds(),
    sluice: replicas.all.reduce((sum, { process }) => sum + process.cpuSeconds(), 0),
  };
}
