import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import type { ApiClient } from "../../e2e/harness/api-client.ts";
import { ControlPlane } from "../../e2e/harness/control-plane.ts";
import { eventually } from "../../e2e/harness/eventually.ts";
import { at, type Fields, fieldsOf, textAt } from "../../e2e/harness/fields.ts";
import { FinishingKubelet } from "../../e2e/harness/finishing-kubelet.ts";
import { addNode } from "../../e2e/harness/nodes.ts";
import { addObject } from "../../e2e/harness/objects.ts";
import { Running } from "../../e2e/harness/processes.ts";
import type { Sandbox } from "../../e2e/harness/sandbox.ts";

export interface FinishedJobsPlace {
  readonly sandbox: Sandbox;
  readonly controlPlane: string;
  readonly folder: string;
  readonly repository: string;
  readonly jobs: number;
}

const namespace = "demo";
const jobsPath = `/apis/batch/v1/namespaces/${namespace}/jobs`;
const opsAddress = "10.10.0.1:8081";
const atOnce = 32;

/** Creates Jobs with classic clients, lets all their apps end at the same moment, and waits until all are complete. */
export async function measureFinishedJobs(place: FinishedJobsPlace): Promise<[string, string][]> {
  const { sandbox, controlPlane, folder, repository, jobs } = place;
  const say = (words: string) => process.stderr.write(`${words}\n`);
  say("starting the control plane");
  const plane = await ControlPlane.start(sandbox, controlPlane, folder);
  await addObject(plane.api, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await addObject(plane.api, { apiVersion: "v1", kind: "Namespace", metadata: { name: "sluice-system" } });
  for (let at = 0; at < 10; at++)
    await addNode(plane.api, { apiVersion: "v1", kind: "Node", metadata: { name: `node-${at}` } }, 1_100);
  await eventually("pods can be created", () =>
    plane.api.get(`/api/v1/namespaces/${namespace}/serviceaccounts/default`),
  );
  const job = injectedJob(repository, folder);
  const kubelet = new FinishingKubelet(plane.api, namespace, 500);
  say(`creating ${jobs} Jobs`);
  await each(jobs, (index) => plane.api.create(jobsPath, named(job, `job-${index}`)));
  const pods = await eventually("all pods run", () => podsIn(plane.api, "Running", jobs), {
    seconds: 600,
    pauseMs: 1_000,
  });

  const sluice = join(repository, "dist/sluice.js");
  const options = ["--kubeconfig", join(plane.pki.folder, "admin.conf"), "--ops-listen", opsAddress];
  const argv = sandbox.command([process.execPath, sluice, "controllers", ...options]);
  const controllers = new Running("controllers", argv, join(folder, "controllers.log"));
  await eventually("the controllers lead", async () => (await metrics(plane)).includes("sluice_leader 1"));
  const before = controllers.cpuSeconds();
  const patchesBefore = await metric(
    plane,
    'sluice_controller_work_total{controller="end-clients",result="ended"}',
  );

  say("all apps end");
  const begun = performance.now();
  for (const pod of pods) kubelet.endApp(textAt(pod, "metadata", "name"));
  await eventually("all Jobs are complete", () => completed(plane.api, jobs), { seconds: 600, pauseMs: 500 });
  const seconds = (performance.now() - begun) / 1_000;
  const patches =
    (await metric(plane, 'sluice_controller_work_total{controller="end-clients",result="ended"}')) -
    patchesBefore;
  const outdated = await metric(
    plane,
    'sluice_controller_work_total{controller="end-clients",result="outdated"}',
  );
  const failed = await metric(
    plane,
    'sluice_controller_work_total{controller="end-clients",result="failure"}',
  );
  const lag = await metric(plane, "sluice_client_end_lag_seconds_sum");
  const lags = await metric(plane, "sluice_client_end_lag_seconds_count");
  const memory = await metric(plane, "process_resident_memory_bytes");
  const cpu = controllers.cpuSeconds() - before;
  await kubelet.close();
  if (kubelet.troubles.length > 0) throw new Error(kubelet.troubles[0]);
  return [
    [`${jobs} Jobs, from the end of their apps to the last Complete`, `${seconds.toFixed(1)} s`],
    ["of that, mean time from an app's end to its client's sign", `${(lag / lags).toFixed(1)} s`],
    ["calls of the controllers for each Job", (patches / jobs).toFixed(2)],
    ["calls that failed a test and were made anew, that failed", `${outdated}, ${failed}`],
    ["CPU of the leader", `${cpu.toFixed(1)} s`],
    ["memory of the leader", `${Math.round(memory / 1e6)} MB`],
  ];
}

/** The example Job as admission makes it, so that no webhook has to run here. */
function injectedJob(repository: string, folder: string): Fields {
  mkdirSync(join(folder, "inject"));
  const config = join(folder, "inject/config.yaml");
  writeFileSync(config, "sidecar: classic\ncontrollers: {enabled: true}\n");
  const cluster = join(repository, "manifests/examples/cluster");
  const argv = ["inject", "-f", "-", "--cluster", cluster, "--config", config, "-o", "json"];
  const template = {
    spec: {
      restartPolicy: "Never",
      containers: [{ name: "app", image: "app", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "imagenet" } }],
    },
  };
  const metadata = { name: "job", namespace };
  const job = { apiVersion: "batch/v1", kind: "Job", metadata, spec: { backoffLimit: 0, template } };
  const input = JSON.stringify(job);
  const stdio: ["pipe", "pipe", "pipe"] = ["pipe", "pipe", "pipe"];
  const text = execFileSync(process.execPath, [join(repository, "dist/sluice.js"), ...argv], {
    input,
    stdio,
  });
  return fieldsOf(JSON.parse(text.toString()));
}

function named(job: Fields, name: string): Fields {
  return { ...job, metadata: { name, namespace } };
}

async function each(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function podsIn(api: ApiClient, phase: string, count: number): Promise<readonly Fields[] | undefined> {
  const pods = await api.list(`/api/v1/namespaces/${namespace}/pods`);
  return pods.filter((pod) => textAt(pod, "status", "phase") === phase).length === count ? pods : undefined;
}

async function completed(api: ApiClient, count: number): Promise<boolean> {
  const jobs = await api.list(jobsPath);
  return jobs.filter((job) => at(job, "status", "succeeded") === 1).length === count;
}

async function metric(plane: ControlPlane, name: string): Promise<number> {
  const line = (await metrics(plane)).split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

function metrics(plane: ControlPlane): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { agent: plane.gateway.httpAgent(opsAddress), host: "controllers", path: "/metrics" };
    get(options, (response) => {
      let text = "";
      response.on("data", (part) => {
        text += part;
      });
      response.on("end", () => resolve(text));
      response.on("error", reject);
    }).on("error", reject);
  });
}
