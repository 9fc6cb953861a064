import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { eventually } from "../../e2e/harness/eventually.ts";
import { findHelm } from "../../e2e/harness/helm.ts";
import { addVisitor, tokenOf } from "../../e2e/harness/install-console.ts";
import { addObject } from "../../e2e/harness/objects.ts";
import type { Replica } from "../../e2e/harness/replica.ts";
import { sluiceNamespace } from "../../e2e/harness/replicas.ts";
import { residentMegabytes } from "../process-usage.ts";
import { type BenchCluster, datasetName, datasetNamespace } from "./bench-cluster.ts";
import { bodyOf } from "./creations.ts";
import { addPods, removePods } from "./rollout.ts";

/** Admission in one round, with or without Sluice's other processes. */
export interface CompanyRound {
  readonly perSecond: number;
  readonly p99: number;
  /** CPU seconds of the webhook's replicas for 1,000 pods. */
  readonly cpu: number;
  /** Megabytes (1,000,000 bytes) of the larger replica after it. */
  readonly megabytes: number;
}

export interface Company {
  readonly alone: CompanyRound[];
  readonly accompanied: CompanyRound[];
}

/** Those beside the webhook. */
const others = { "sluice-controllers": 2, "sluice-console": 1 };
/** The Deployment whose pods there are to look at. */
const looked = "looked-at";
export const companyWorkers = 8;
/** As the console's page does. */
const pollMs = 5_000;

/**
 * Measures admission without and with controllers and console in turn, while somebody looks at the console.
 * Undefined where there is no helm to install them by.
 */
export async function measureCompany(cluster: BenchCluster): Promise<Company | undefined> {
  const helm = findHelm(cluster.place.repository);
  if (!("path" in helm)) {
    cluster.say(`no controllers and console: ${helm.why}`);
    return undefined;
  }
  cluster.say("installing controllers and console");
  const visitor = await install(cluster, helm.path);
  await addPods(cluster, looked, {}, true);
  const found: Company = { alone: [], accompanied: [] };
  for (let round = 0; round < cluster.options.rounds; round++) {
    cluster.say(`round ${round + 1} of ${cluster.options.rounds}, without and with controllers and console`);
    const order = round % 2 === 0 ? ([false, true] as const) : ([true, false] as const);
    for (const accompanied of order) {
      await scale(cluster, accompanied);
      const stop = accompanied ? visit(cluster, visitor) : () => 0;
      found[accompanied ? "accompanied" : "alone"].push(await measure(cluster));
      const answers = stop();
      if (accompanied && answers === 0) throw new Error("the console has answered nobody");
    }
  }
  await scale(cluster, false);
  await removePods(cluster, looked);
  return found;
}

/** Resolves with a visitor's token when all processes are ready. */
async function install(cluster: BenchCluster, helm: string): Promise<string> {
  const values = ["namespace.create=true", "controllers.enabled=true", "console.enabled=true"];
  const place = ["--namespace", sluiceNamespace, "--kube-version", "1.36.3"];
  const chart = join(cluster.place.repository, "manifests/chart");
  const argv = ["template", "sluice", chart, ...place, ...values.flatMap((value) => ["--set", value])];
  const file = join(cluster.place.folder, "with-company.yaml");
  writeFileSync(file, execFileSync(helm, argv, { encoding: "utf8" }));
  await cluster.plane.kubectl.do(["apply", "-f", file]);
  await areReady(cluster, 5);
  await addObject(cluster.api, { apiVersion: "v1", kind: "Namespace", metadata: { name: "demo" } });
  await addVisitor(cluster.api, "visitor", [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
  return tokenOf(cluster.api, "visitor");
}

async function scale(cluster: BenchCluster, present: boolean): Promise<void> {
  let count = 2;
  for (const [name, replicas] of Object.entries(others)) {
    const path = `/apis/apps/v1/namespaces/${sluiceNamespace}/deployments/${name}`;
    await cluster.api.patch(path, { spec: { replicas: present ? replicas : 0 } });
    if (present) count += replicas;
  }
  await areReady(cluster, count);
}

async function areReady({ replicas }: BenchCluster, count: number): Promise<void> {
  await eventually(
    `${count} processes of Sluice are ready, no others are left`,
    () => replicas.all.length === count && replicas.all.every(({ ready }) => ready),
    { seconds: 240 },
  );
}

/**
 * Asks the console for what its first page and its longest list show, again and again. The returned function stops that
 * and tells how often it answered.
 */
function visit({ plane, replicas }: BenchCluster, token: string): () => number {
  const page = replicas.all.find(({ name }) => name.startsWith("sluice-console-"));
  if (page === undefined) throw new Error("the console does not run");
  const agent = plane.gateway.httpAgent(`${page.address}:8090`);
  let answers = 0;
  const ask = (path: string): void => {
    const headers = { authorization: `Bearer ${token}`, host: "localhost" };
    get({ agent, host: page.address, path, headers }, (response) => {
      if (response.statusCode === 200) answers += 1;
      response.resume();
    }).on("error", () => {});
  };
  const look = (): void => {
    for (const view of ["overview", "pods"]) ask(`/api/v1/${view}`);
  };
  look();
  const timer = setInterval(look, pollMs);
  return () => {
    clearInterval(timer);
    return answers;
  };
}

async function measure(cluster: BenchCluster): Promise<CompanyRound> {
  const webhooks = cluster.replicas.all.filter(isWebhook);
  const cpuSeconds = () => webhooks.reduce((sum, { process }) => sum + process.cpuSeconds(), 0);
  const readings: number[] = [];
  const created = await cluster.load.createPods(
    {
      pods: [{ namespace: datasetNamespace, body: bodyOf(datasetNamespace, [datasetName]) }],
      workers: companyWorkers,
      settleSeconds: 0.5,
      // Long enough for one look at least.
      seconds: Math.max(cluster.options.seconds, pollMs / 1_000),
      served: true,
    },
    () => readings.push(cpuSeconds()),
  );
  const [before = Number.NaN, after = Number.NaN] = readings;
  return {
    perSecond: created.perSecond,
    p99: created.p99,
    cpu: ((after - before) / created.pods) * 1_000,
    megabytes: Math.max(...webhooks.map(({ process }) => residentMegabytes(process.pid))),
  };
}

function isWebhook({ name }: Replica): boolean {
  return Object.keys(others).every((other) => !name.startsWith(`${other}-`));
}
