import { ApiConnection } from "../cluster/api-connection.ts";
import { loadKubeConfig } from "../cluster/kube-config.ts";
import { KubeConfigError } from "../cluster/kube-config-options.ts";
import { LiveClusterError, openLiveCluster } from "../cluster/live-cluster.ts";
import type { LiveCluster } from "../cluster/live-cluster-options.ts";
import { ManifestFolderError, openManifestCluster } from "../cluster/manifest-cluster.ts";
import type { Config } from "../config.ts";
import { type Access, openAccess } from "../console/access.ts";
import { buildConsole } from "../console/build-console.ts";
import { clusterAccess } from "../console/cluster-access.ts";
import type { ConsoleData } from "../console/console-data.ts";
import { folderData } from "../console/folder-data.ts";
import { type LiveData, openLiveData } from "../console/live-data.ts";
import { keepHeapSmall } from "../server/heap.ts";
import { formatAddress, ListenError, listen } from "../server/listen-address.ts";
import { startOps } from "../server/start-ops.ts";
import { type ConsoleMetrics, createConsoleMetrics } from "../telemetry/console-metrics.ts";
import { createLog, type Log, logDestination } from "../telemetry/log.ts";
import type { CommandIo } from "./command-io.ts";
import { consoleDecisions } from "./console-decisions.ts";
import { type ConsoleCommandOptions, consoleHelp, readConsoleOptions } from "./console-options.ts";
import { InputError } from "./input-error.ts";
import { print } from "./print.ts";
import { printHelp } from "./print-help.ts";
import { readConfig } from "./read-config.ts";
import { runCommand } from "./run-command.ts";

const remedy = "name a kubeconfig by --kubeconfig or KUBECONFIG, or a folder of manifests by --cluster";

/** `sluice console`: serves the console until it is told to stop. */
export function run(argv: string[], io: CommandIo): Promise<number> {
  return runCommand("console", io, async () => {
    const options = readConsoleOptions(argv);
    if (options === "help") {
      await printHelp(io, consoleHelp);
      return 0;
    }
    try {
      const config = await readConfig(options.config);
      const log = createLog(config.logLevel, logDestination(io.stderr));
      if (options.cluster !== undefined)
        return await showFolder(options.cluster, { options, config, io, log });
      return await showCluster({ options, config, io, log });
    } catch (error) {
      if (error instanceof ManifestFolderError || error instanceof KubeConfigError)
        throw new InputError([error.message]);
      if (!(error instanceof ListenError)) throw error;
      await print(io.stderr, `sluice console: ${error.message}\n`);
      return 1;
    }
  });
}

interface Around {
  readonly options: ConsoleCommandOptions;
  readonly config: Config;
  readonly io: CommandIo;
  readonly log: Log;
}

async function showFolder(folder: string, around: Around): Promise<number> {
  const { config, log } = around;
  const cluster = await openManifestCluster(folder, {
    kubernetesVersion: config.kubernetesVersion,
    onProblem: (problem) => log[problem.severity === "error" ? "error" : "warn"](problem.message),
  });
  try {
    const data = folderData(cluster, config.juicefs.driver, consoleDecisions(cluster, config));
    return await serve(data, openAccess, createConsoleMetrics({ process: true }), around);
  } finally {
    await cluster.close();
  }
}

async function showCluster(around: Around): Promise<number> {
  const { options, config, io, log } = around;
  const { kubeconfig = io.env["KUBECONFIG"], context, audience } = options;
  const access = { kubeconfig, context, remedy };
  await loadKubeConfig(access);
  const connection = new ApiConnection(() => loadKubeConfig(access));
  const problems = new Map<string, string>();
  const parts: { cluster?: LiveCluster; data?: LiveData } = {};
  const metrics = createConsoleMetrics({
    process: true,
    beforeRender: (page) => setMetrics(page, parts, problems),
  });
  const ops = await startOps(metrics, options.opsListen);
  ops.setNotReady(() => problems.values().next().value ?? "reading the cluster");
  const onProblem = (resource: string, problem: string | undefined) => {
    if (problem === undefined) {
      problems.delete(resource);
      log.info({ resource }, "followed again");
    } else {
      problems.set(resource, problem);
      log.warn({ resource }, problem);
    }
  };
  // Of what is read of pods a small part is kept.
  keepHeapSmall(30);
  const ending = new AbortController();
  const signal = AbortSignal.any([io.stop, ending.signal]);
  try {
    const cluster = await openLiveCluster({
      ...access,
      signal,
      onProblem,
      pluginProfile: config.pluginProfile,
      juicefs: config.juicefs.enabled ? config.juicefs : undefined,
    });
    parts.cluster = cluster;
    const data = openLiveData(
      {
        cluster,
        connection,
        driver: config.juicefs.driver,
        decisions: consoleDecisions(cluster, config),
        now: Date.now,
        onProblem: (problem) => onProblem("pods", problem),
      },
      signal,
    );
    parts.data = data;
    await data.synced;
    ops.setNotReady(() => undefined);
    const elapsed = () => performance.now();
    const asked = clusterAccess({
      connection,
      audience,
      now: Date.now,
      elapsed,
      lastContact: () => data.lastContact(),
    });
    return await serve(data, asked, metrics, around, ops.url);
  } catch (error) {
    // Ending the reading of the cluster makes it fail.
    if (io.stop.aborted && error instanceof LiveClusterError) return 0;
    throw error;
  } finally {
    ending.abort();
    await parts.data?.ended;
    await parts.cluster?.close();
    await ops.stop();
    connection.close();
  }
}

async function serve(
  data: ConsoleData,
  access: Access,
  metrics: ConsoleMetrics,
  { options, io, log }: Around,
  opsUrl?: string,
): Promise<number> {
  if (io.stop.aborted) return 0;
  const app = await buildConsole({
    data,
    access,
    localOnly: options.cluster !== undefined,
    // Beside the bundled command.
    pageFolder: new URL("./console-page/", import.meta.url),
    log,
    onAnswer: (route, status) => metrics.countAnswer(route, status),
    now: Date.now,
    elapsed: () => performance.now(),
  });
  try {
    const address = await listen(app, options.listen);
    const ops = opsUrl === undefined ? "" : ` (ops ${opsUrl})`;
    await print(io.stdout, `sluice console is ready on http://${formatAddress(address)}${ops}\n`);
    log.info("ready");
    await new Promise<void>((resolve) => {
      if (io.stop.aborted) resolve();
      io.stop.addEventListener("abort", () => resolve(), { once: true });
    });
    log.info("stopped");
    return 0;
  } finally {
    app.server.closeAllConnections();
    await app.close();
  }
}

function setMetrics(
  metrics: ConsoleMetrics,
  { cluster, data }: { readonly cluster?: LiveCluster; readonly data?: LiveData },
  problems: ReadonlyMap<string, string>,
): void {
  metrics.setProblems("cluster", problems.size);
  if (data !== undefined) metrics.setPods([...data.pods.entries()].length);
  for (const resource of data?.status() ?? cluster?.status().resources ?? [])
    metrics.setResource({
      ...resource,
      // What is not there is not out of date.
      lastContact: resource.state === "absent" ? undefined : resource.lastContact,
    });
}
