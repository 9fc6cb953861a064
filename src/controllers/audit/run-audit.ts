import type { ApiConnection } from "../../cluster/api-connection.ts";
import { reasonOf } from "../../cluster/api-error.ts";
import type { KubeConfigOptions } from "../../cluster/kube-config-options.ts";
import { openLiveCluster } from "../../cluster/live-cluster.ts";
import type { LiveCluster } from "../../cluster/live-cluster-options.ts";
import type { LiveTiming } from "../../cluster/live-timing.ts";
import type { ResourceStatus } from "../../cluster/resource-sync.ts";
import type { Config } from "../../config.ts";
import { controllerQueue, type OnDone } from "../controller-queue.ts";
import type { WorkQueue } from "../work-queue.ts";
import { type AuditPodsOptions, allPods, auditPods } from "./audit-pods.ts";
import { findMissed } from "./find-missed.ts";

export interface AuditOptions extends Omit<AuditPodsOptions, "find" | "intervalMs" | "restartPauseMs"> {
  readonly connection: ApiConnection;
  /** How to reach the cluster that decisions are made by. */
  readonly access: KubeConfigOptions;
  /** As the webhook has it. */
  readonly config: Config;
  readonly onProblem: (resource: string, problem: string | undefined) => void;
  readonly onDone: OnDone;
  readonly timing?: Partial<LiveTiming> | undefined;
}

/** The audit, once it runs. */
export interface RunningAudit {
  readonly name: string;
  readonly depth: () => number;
  readonly status: () => readonly ResourceStatus[];
  /** Resolves when the signal has ended it. */
  readonly ended: Promise<unknown>;
}

/**
 * Looks for pods that slipped through until `signal` ends it: first reads all that decisions rest on, as the webhook
 * does. What is in the way of that is told and holds up nothing else.
 */
export function runAudit(options: AuditOptions, signal: AbortSignal): RunningAudit {
  const { connection, config, onProblem, log } = options;
  const { interval, restart } = config.controllers.audit;
  let cluster: LiveCluster | undefined;
  let queue: WorkQueue | undefined;

  const work = async (): Promise<void> => {
    const live = await openLiveCluster({
      ...options.access,
      signal,
      timing: options.timing,
      pluginProfile: config.pluginProfile,
      juicefs: config.juicefs.enabled ? config.juicefs : undefined,
      onProblem: (resource, problem) => onProblem(`${resource} for the audit`, problem),
    });
    cluster = live;
    const controller = auditPods({
      ...options,
      find: (ending) => findMissed({ connection, view: live.view, config }, ending),
      intervalMs: interval,
      restartPauseMs: restart.enabled ? restart.pause : undefined,
    });
    queue = controllerQueue(controller, 1, options);
    if (signal.aborted) return;
    queue.add(allPods);
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  };

  const ended = work()
    .catch((error: unknown) => {
      if (!signal.aborted) log.error(`pods that slipped through are not looked for: ${reasonOf(error)}`);
    })
    .then(() => queue?.close())
    .then(() => cluster?.close());
  return {
    name: "audit",
    depth: () => queue?.depth ?? 0,
    status: () => cluster?.status().resources ?? [],
    ended,
  };
}
