import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { consoleDecisions } from "../../../src/cli/console-decisions.ts";
import { openManifestCluster } from "../../../src/cluster/manifest-cluster.ts";
import { defaultConfig } from "../../../src/config.ts";
import { openAccess } from "../../../src/console/access.ts";
import { buildConsole } from "../../../src/console/build-console.ts";
import { folderData } from "../../../src/console/folder-data.ts";
import { type PodRecord, readPodRecord } from "../../../src/console/pod-record.ts";
import { keepHeapSmall } from "../../../src/server/heap.ts";
import { portOf } from "../../../src/server/listen-address.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import { injectedPod } from "../../console/injected-pod.ts";

const requests = [
  "pods",
  "pods?sort=created&descending=true",
  "pods?search=pod-77",
  "pods?health=bad",
  "overview",
];
const rounds = 20;

/** With a count: serves so many pods in this process. Without: 1,000, 10,000 and 50,000, each in one of its own. */
const count = Number(process.argv[2] ?? Number.NaN);
if (Number.isNaN(count)) {
  for (const pods of [1_000, 10_000, 50_000])
    await new Promise((resolve) =>
      fork(fileURLToPath(import.meta.url), [String(pods)]).once("exit", resolve),
    );
} else await measure(count);

/**
 * Serves a console with that many injected pods on the examples' cluster, and asks it for lists as people who look at it
 * do: each time a pod has changed, and each fifth time all that is known of the cluster around them has become old.
 */
async function measure(pods: number): Promise<void> {
  // As the command does.
  keepHeapSmall(30);
  const folder = "manifests/examples/cluster";
  const cluster = await openManifestCluster(folder, { follow: false, kubernetesVersion: "1.36" });
  const raw = JSON.stringify(injectedPod(cluster.view, "pod-name", { node: "node-a" }));
  const records = new Map<string, PodRecord>();
  for (let index = 0; index < pods; index++) {
    const pod: unknown = JSON.parse(raw.replaceAll("pod-name", `pod-${index}`));
    const record = readPodRecord(Object(pod));
    if (record !== undefined) records.set(`demo/pod-${index}`, record);
  }
  let clock = 0;
  let revision = 0;
  const app = await buildConsole({
    data: {
      ...folderData(cluster, defaultConfig.juicefs.driver, consoleDecisions(cluster, defaultConfig)),
      source: "cluster",
      pods: {
        entries: () => records.entries(),
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
  // One pod has changed since the last look, and nothing that is kept for seconds is young enough.
  const change = (round: number) => {
    const [key, record] = [...records][round] ?? [];
    if (key !== undefined && record !== undefined) records.set(key, { ...record, phase: "Running" });
    revision += 1;
    clock += round % 5 === 0 ? 6_000 : 1_000;
  };
  await app.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${portOf(app)}/api/v1/`;
  process.stdout.write(
    `${pods.toLocaleString("en")} pods, ${Math.round(process.memoryUsage().heapUsed / 1e6)} MB on the heap\n`,
  );
  let most = 0;
  for (const path of requests) {
    const times: number[] = [];
    let bytes = 0;
    const before = process.cpuUsage();
    for (let round = 0; round < rounds; round++) {
      change(round);
      const begin = performance.now();
      const text = await (await fetch(url + path)).text();
      times.push(performance.now() - begin);
      bytes = text.length;
      most = Math.max(most, process.memoryUsage.rss());
    }
    // On a machine that does other things, too, it tells more than the time on the clock.
    const { user, system } = process.cpuUsage(before);
    const cpu = `${((user + system) / 1_000 / rounds).toFixed(1)} ms`;
    times.sort((a, b) => a - b);
    const at = (part: number) => `${(times[Math.floor(part * (times.length - 1))] ?? 0).toFixed(1)} ms`;
    process.stdout.write(
      `  ${path.padEnd(34)} median ${at(0.5).padStart(9)}   p95 ${at(0.95).padStart(9)}   CPU ${cpu.padStart(8)}   ${bytes} bytes\n`,
    );
  }
  process.stdout.write(`  memory (RSS, at most)              ${Math.round(most / 1e6)} MB\n`);
  app.server.closeAllConnections();
  await app.close();
  await cluster.close();
}
