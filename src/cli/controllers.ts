import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { ApiConnection } from "../cluster/api-connection.ts";
import { openClusterWriter } from "../cluster/cluster-writer.ts";
import { loadKubeConfig } from "../cluster/kube-config.ts";
import { KubeConfigError } from "../cluster/kube-config-options.ts";
import type { ResourceStatus } from "../cluster/resource-sync.ts";
import type { Config } from "../config.ts";
import { lead, leaderTiming } from "../controllers/leadership.ts";
import { LeaseLock } from "../controllers/lease-lock.ts";
import { type ControllersStatus, runControllers } from "../controllers/run-controllers.ts";
import { ListenError } from "../server/listen-address.ts";
import { startOps } from "../server/start-ops.ts";
import { type ControllerMetrics, createControllerMetrics } from "../telemetry/controller-metrics.ts";
import { createLog, logDestination } from "../telemetry/log.ts";
import type { ResourceContact } from "../telemetry/watch-metrics.ts";
import type { CommandIo } from "./command-io.ts";
import {
  type ControllersCommandOptions,
  controllersHelp,
  readControllersOptions,
} from "./controllers-options.ts";
import { InputError } from "./input-error.ts";
import { ownNamespace } from "./own-namespace.ts";
import { print } from "./print.ts";
import { printHelp } from "./print-help.ts";
import { readConfig } from "./read-config.ts";
import { runCommand } from "./run-command.ts";

const leaseName = "sluice-controllers";
const remedy = "name a kubeconfig by --kubeconfig or KUBECONFIG";

/** `sluice controllers`: does the background work, as long as it leads, until it is told to stop. */
export function run(argv: string[], io: CommandIo): Promise<number> {
  return runCommand("controllers", io, async () => {
    const options = readControllersOptions(argv);
    if (options === "help") {
      await printHelp(io, controllersHelp);
      return 0;
    }
    try {
      return await work(options, await readConfig(options.config), io);
    } catch (error) {
      if (error instanceof KubeConfigError) throw new InputError([error.message]);
      if (!(error instanceof ListenError)) throw error;
      await print(io.stderr, `sluice controllers: ${error.message}\n`);
      return 1;
    }
  });
}

/** What is known of this process and its work. */
interface State {
  /** Who leads; undefined as long as nobody could be asked. */
  holder?: string;
  leads: boolean;
  status?: () => ControllersStatus;
  /** By what is wrong. */
  readonly problems: Map<string, string>;
}

async function work(options: ControllersCommandOptions, config: Config, io: CommandIo): Promise<number> {
  const log = createLog(config.logLevel, logDestination(io.stderr));
  const { kubeconfig = io.env["KUBECONFIG"], context } = options;
  const access = { kubeconfig, context, remedy };
  const writer = await openClusterWriter(access);
  const connection = new ApiConnection(() => loadKubeConfig(access));
  const state: State = { leads: false, problems: new Map() };
  const metrics = createControllerMetrics({ process: true, beforeRender: (page) => setMetrics(page, state) });
  const ops = await startOps(metrics, options.opsListen);
  ops.setNotReady(() => notReady(state));
  const onProblem = (subject: string, problem: string | undefined) => {
    if (problem === undefined) {
      state.problems.delete(subject);
      log.info({ subject }, "well again");
    } else {
      state.problems.set(subject, problem);
      log.warn({ subject }, problem);
    }
  };

  const namespace = options.namespace ?? (await ownNamespace(io.env));
  const identity = `${io.env["HOSTNAME"] || hostname()}_${randomUUID()}`;
  const elapsed = () => performance.now();
  const leaderOptions = {
    lock: new LeaseLock(writer, { namespace, name: leaseName }),
    identity,
    timing: leaderTiming,
    now: Date.now,
    elapsed,
    onChange: (leads: boolean, why: string) => {
      state.leads = leads;
      delete state.status;
      log.info({ leads }, leads ? "leads: the background work begins" : `leads no more: ${why}`);
    },
    onHolder: (holder: string) => {
      state.holder = holder;
      if (holder !== identity) log.info({ holder }, "stands by");
    },
    onProblem: (problem: string | undefined) => onProblem("lease", problem),
  };
  const controllers = {
    connection,
    writer,
    sidecars: new Set([...config.meshProxies, ...config.controllers.sidecars]),
    references: config.references,
    juicefs: config.juicefs.enabled ? config.juicefs : undefined,
    copies: config.controllers.copyClientObjects,
    audit: config.controllers.audit.enabled ? { access, config } : undefined,
    platforms: new Set(config.platforms.byName.keys()),
    instance: identity,
    log,
    metrics,
    now: Date.now,
    elapsed,
    onProblem,
  };
  if (!config.controllers.enabled)
    log.warn(
      "controllers.enabled is false in this configuration: where the webhook has the same, it prepares no pods",
    );
  try {
    await print(io.stdout, `sluice controllers stand by as ${identity} (ops ${ops.url})\n`);
    await lead(
      leaderOptions,
      (signal) =>
        runControllers(
          controllers,
          (status) => {
            state.status = status;
          },
          signal,
        ),
      io.stop,
    );
    log.info("stopped");
    return 0;
  } finally {
    await ops.stop();
    connection.close();
    writer.close();
  }
}

/** What readiness waits for; undefined for a leader at work, and for whoever stands by for one. */
function notReady({ holder, leads, status, problems }: State): string | undefined {
  const [problem] = problems.values();
  if (holder === undefined) return problem ?? "asking who leads";
  if (!leads) return problems.get("lease");
  return status?.().readyAt === undefined ? (problem ?? "reading the cluster") : undefined;
}

function setMetrics(metrics: ControllerMetrics, { leads, status, problems }: State): void {
  metrics.setLeader(leads);
  // Another one counts now, or nobody.
  if (!leads) {
    metrics.setCensus({ clients: [], pods: {} });
    metrics.setWaitingPods(0);
    metrics.forgetMissedPods();
  }
  metrics.setProblems("lease", problems.has("lease") ? 1 : 0);
  metrics.setProblems("cluster", [...problems.keys()].filter((subject) => subject !== "lease").length);
  for (const contact of contacts(status?.().resources ?? [])) metrics.setResource(contact);
}

/** One for each resource: the pods are followed by several labels, and the one that is furthest behind counts. */
function contacts(followed: readonly ResourceStatus[]): Iterable<ResourceContact> {
  const found = new Map<string, ResourceContact>();
  for (const { resource, state, lastContact, restarts } of followed) {
    const before = found.get(resource);
    // What is not there is not out of date.
    const times = [before?.lastContact, state === "absent" ? undefined : lastContact].filter(
      (time) => time !== undefined,
    );
    found.set(resource, {
      resource,
      lastContact: times.length === 0 ? undefined : Math.min(...times),
      restarts: restarts + (before?.restarts ?? 0),
    });
  }
  return found.values();
}
