import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { consoleDecisions } from "../../../src/cli/console-decisions.ts";
import { ApiConnection } from "../../../src/cluster/api-connection.ts";
import { followObjects } from "../../../src/cluster/follow-objects.ts";
import { loadKubeConfig } from "../../../src/cluster/kube-config.ts";
import { openManifestCluster } from "../../../src/cluster/manifest-cluster.ts";
import { defaultConfig } from "../../../src/config.ts";
import { openAccess } from "../../../src/console/access.ts";
import { sharingReader } from "../../../src/console/alike-parts.ts";
import { buildConsole } from "../../../src/console/build-console.ts";
import { folderData } from "../../../src/console/folder-data.ts";
import { podsResource } from "../../../src/console/live-data.ts";
import { collectGarbage, keepHeapSmall } from "../../../src/server/heap.ts";
import { portOf } from "../../../src/server/listen-address.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import { injectedPod } from "../../console/injected-pod.ts";
import { PodServer, placeOfName } from "./pod-server.ts";

const requests = [
  "pods",
  "pods?sort=created&descending=true",
  "pods?search=pod-77",
  "pods?health=bad",
  "overview",
];
const rounds = 20;
const self = fileURLToPath(import.meta.url);

/** Tells its port when it is given the text of a pod, and changes the pods whose numbers it is given. */
async function beApiServer(count: number): Promise<void> {
  const text = await new Promise<unknown>((resolve) => process.once("message", resolve));
  const server = new PodServer(String(text), count);
  const port = await server.listen();
  process.on("message", (index) => server.change(Number(index)));
  process.once("disconnect", () => process.exit());
  process.send?.(port);
}

async function startApiServer(count: number, text: string): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(self, ["api", String(count)]);
  child.send(text);
  const port = await new Promise<unknown>((resolve) => child.once("message", resolve));
  return { child, port: Number(port) };
}

/** Milliseconds of CPU. On a machine that does other things, too, they tell more than the time on the clock. */
function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
const tell = (name: string, figures: string) => process.stdout.write(`  ${name.padEnd(34)} ${figures}\n`);

/**
 * Serves a console that follows that many injected pods on the examples' cluster, and asks it for lists as people who look
 * at it do: each time a pod has changed, and each fifth time all that is known of the cluster around them has become old.
 */
async function measure(count: number): Promise<void> {
  // As the command does.
  keepHeapSmall(30);
  const cluster = await openManifestCluster("manifests/examples/cluster", {
    follow: false,
    kubernetesVersion: "1.36",
  });
  const pod = injectedPod(cluster.view, placeOfName, { node: "node-a" });
  const text = JSON.stringify({ ...pod, metadata: { ...Object(pod["metadata"]), resourceVersion: "1" } });
  const { child, port } = await startApiServer(count, text);
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-console-"));
  const kubeconfig = join(folder, "kubeconfig");
  const named = {
    clusters: [
      { name: "bench", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } },
    ],
  };
  const contexts = [{ name: "bench", context: { cluster: "bench", user: "bench" } }];
  const users = [{ name: "bench", user: {} }];
  writeFileSync(kubeconfig, JSON.stringify({ ...named, contexts, users, "current-context": "bench" }));
  const connection = new ApiConnection(() => loadKubeConfig({ kubeconfig }));
  const stop = new AbortController();
  let revision = 0;
  let changed: () => void = () => undefined;
  collectGarbage();
  const heapBefore = process.memoryUsage().heapUsed;
  const reading = process.cpuUsage();
  const followed = followObjects(
    {
      connection,
      resource: podsResource,
      project: sharingReader(() => undefined),
      onChange: () => {
        revision += 1;
        changed();
      },
      onProblem: (problem) => problem && process.stderr.write(`${problem}\n`),
      now: Date.now,
    },
    stop.signal,
  );
  await followed.synced;
  const read = cpuSince(reading);
  const whileReading = process.memoryUsage.rss();
  collectGarbage();
  const kept = process.memoryUsage().heapUsed - heapBefore;
  process.stdout.write(`${count.toLocaleString("en")} pods of ${text.length} bytes\n`);
  tell("all read from the API server", `CPU ${read.toFixed(0)} ms`);
  tell("kept of them", megabytes(kept));

  let clock = 0;
  const app = await buildConsole({
    data: {
      ...folderData(cluster, defaultConfig.juicefs.driver, consoleDecisions(cluster, defaultConfig)),
      source: "cluster",
      pods: {
        entries: () => followed.entries(),
        get revision() {
          return revision;
        },
      },
    },
    access: openAccess,
    localOnly: true,
    pageFolder: new URL("../console-page/", import.meta.url),
    log: createLog("silent", process.stderr),
    onAnswer: () => undefined,
    now: Date.now,
    elapsed: () => clock,
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${portOf(app)}/api/v1/${path}`)).text();
  const first = process.cpuUsage();
  const begin = performance.now();
  await ask("pods");
  tell(
    "the first list",
    `${(performance.now() - begin).toFixed(0)} ms   CPU ${cpuSince(first).toFixed(0)} ms`,
  );
  // One pod has changed since the last look, and nothing that is kept for seconds is young enough.
  const change = async (round: number) => {
    const heard = new Promise<void>((resolve) => {
      changed = resolve;
    });
    child.send(round % count);
    await heard;
    clock += round % 5 === 0 ? 6_000 : 1_000;
  };
  let most = whileReading;
  for (const path of requests) {
    const times: number[] = [];
    let cpu = 0;
    let bytes = 0;
    for (let round = 0; round < rounds; round++) {
      await change(round);
      const before = process.cpuUsage();
      const begin = performance.now();
      bytes = (await ask(path)).length;
      times.push(performance.now() - begin);
      cpu += cpuSince(before);
      most = Math.max(most, process.memoryUsage.rss());
    }
    times.sort((a, b) => a - b);
    const at = (part: number) => `${(times[Math.floor(part * (times.length - 1))] ?? 0).toFixed(1)} ms`;
    const each = `${(cpu / rounds).toFixed(1)} ms`;
    tell(
      path,
      `median ${at(0.5).padStart(9)}   p95 ${at(0.95).padStart(9)}   CPU ${each.padStart(8)}   ${bytes} bytes`,
    );
  }
  tell("memory (RSS, at most)", megabytes(most));
  app.server.closeAllConnections();
  await app.close();
  stop.abort();
  await followed.ended;
  connection.close();
  child.disconnect();
  rmSync(folder, { recursive: true });
  await cluster.close();
}

/**
 * With a count: serves so many pods in this process. Without: 1,000, 10,000 and 50,000, each in one of its own. "api"
 * and a count: is the API server that has them.
 */
const [what, pods] = process.argv.slice(2);
if (what === "api") await beApiServer(Number(pods));
else if (what !== undefined) await measure(Number(what));
else
  for (const count of [1_000, 10_000, 50_000])
    await new Promise((resolve) => fork(self, [String(count)]).once("exit", resolve));
