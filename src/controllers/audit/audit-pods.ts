import { ApiError, reasonOf } from "../../cluster/api-error.ts";
import { textAt } from "../../cluster/raw-fields.ts";
import type { Log } from "../../telemetry/log.ts";
import type { MissedMetrics } from "../../telemetry/missed-metrics.ts";
import type { Controller } from "../controller.ts";
import type { EventWriter, Involved } from "../event-writer.ts";
import type { LimitedWriter } from "../limited-writer.ts";
import type { Done } from "../work-queue.ts";
import type { Findings } from "./find-pods.ts";
import {
  countMissed,
  describePods,
  eventOf,
  groupByMaker,
  involvedIn,
  type MissedGroup,
} from "./missed-groups.ts";
import type { MissedPod } from "./missed-pod.ts";
import { RecentRestarts } from "./recent-restarts.ts";
import { helpsToRestart, planRestart, workloadPlace, workloadTitle } from "./restart-workload.ts";

export interface AuditPodsOptions {
  /** Looks at all pods once. */
  readonly find: (signal: AbortSignal) => Promise<Findings<MissedPod>>;
  readonly writer: Pick<LimitedWriter, "read" | "patch">;
  readonly events: Pick<EventWriter, "tell">;
  readonly metrics: MissedMetrics;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set. */
  readonly elapsed: () => number;
  /** How often all pods are looked at. */
  readonly intervalMs: number;
  /** How far apart restarts are; undefined where nothing is restarted. */
  readonly restartPauseMs: number | undefined;
}

/** The one key of its queue: all pods are looked at in one go. */
export const allPods = "all pods";

/** On so many workloads it is told each time; `sluice audit` lists them all. */
const mostTold = 500;

/**
 * Looks at all pods again and again; tells of those that slipped through by metrics and on their workloads, and restarts
 * these where that is switched on: one at a time, none twice, and no more once the pods of one came without clients again.
 * Whoever makes pods could have marked them so, too: a mark on pods of a workload that was not restarted here holds up no
 * other namespace.
 */
export function auditPods(options: AuditPodsOptions): Controller {
  const { find, writer, events, metrics, log, elapsed, now, intervalMs, restartPauseMs } = options;
  // Who has just begun to lead does not know when another one restarted something.
  let restartedAt = elapsed();
  const restarts = new RecentRestarts(elapsed);
  let summaryTold = "";

  const tell = async (groups: readonly MissedGroup[], signal: AbortSignal): Promise<void> => {
    for (const group of groups.slice(0, mostTold))
      events.tell(await involvedOf(group.first, options, signal), eventOf(group));
  };

  /** Restarts the workload of these pods, if that can be done; whether it was. */
  const restartIt = async ({ first, pods }: MissedGroup, signal: AbortSignal): Promise<boolean> => {
    const title = workloadTitle(first);
    // Somebody has put back its template: whoever did would do so again.
    if (restarts.has(title)) return false;
    const place = workloadPlace(first.maker, first.namespace);
    const workload = place && (await writer.read(place, signal));
    if (place === undefined || workload === undefined) return false;
    const plan = planRestart(workload, first, new Date(now()).toISOString().replace(/\.\d+Z$/, "Z"));
    if (plan.kind === "leave") {
      log.info({ workload: title }, `not restarted: ${plan.why}`);
      return false;
    }
    if (!(await writer.patch(place, plan.patch, signal))) return false;
    restartedAt = elapsed();
    restarts.add(title);
    log.warn({ workload: title, pods: pods.length }, "restarted, for its pods run without their datasets");
    const message = `restarted once: ${describePods(pods)} without a client for ${first.mounts.join(", ")}`;
    const involved = involvedIn(first, textAt(workload, "metadata", "uid"));
    events.tell(involved, { type: "Normal", reason: "RestartedForDatasets", message });
    return true;
  };

  /** Restarts the first that can be; whether there was one. */
  const restartOne = async (groups: readonly MissedGroup[], signal: AbortSignal): Promise<boolean> => {
    for (const group of groups)
      try {
        if (await restartIt(group, signal)) return true;
      } catch (error) {
        if (!isDenied(error)) throw error;
        log.warn({ workload: workloadTitle(group.first) }, `not restarted: ${reasonOf(error)}`);
      }
    return false;
  };

  const restart = async (
    pauseMs: number,
    missed: readonly MissedPod[],
    groups: readonly MissedGroup[],
    signal: AbortSignal,
  ): Promise<Done> => {
    const marked = missed.filter(({ restarted }) => restarted);
    // As long as such a pod is found, it is not forgotten that its workload was restarted here.
    for (const title of new Set(marked.map(workloadTitle))) if (restarts.has(title)) restarts.add(title);
    const again = marked.find((pod) => restarts.has(workloadTitle(pod)));
    if (again !== undefined) {
      const words =
        "is restarted any more: this pod came without its datasets although its workload was restarted";
      log.warn({ pod: `${again.namespace}/${again.name}` }, `nothing ${words}; see sluice check`);
      return { result: "restarts-stopped", againMs: intervalMs };
    }
    const held = new Set(marked.map(({ namespace }) => namespace));
    const helped = groups.filter(
      ({ first, pods }) => !held.has(first.namespace) && pods.every(helpsToRestart),
    );
    const left = restartedAt + pauseMs - elapsed();
    const done = left <= 0 && (await restartOne(helped, signal));
    const result = done ? "restarted" : "found";
    if (helped.length === 0) return { result, againMs: intervalMs };
    return { result, againMs: Math.min(intervalMs, left <= 0 ? pauseMs : left) };
  };

  return {
    name: "audit",
    work: async (_key, signal) => {
      const { found: missed, looked, unread } = await find(signal);
      const groups = groupByMaker(missed);
      metrics.setMissedPods(countMissed(missed), { looked, unread: unread.length, at: now() / 1_000 });
      const summary = `${missed.length} pods of ${groups.length} workloads run without their datasets: see sluice audit`;
      if (missed.length > 0 && summary !== summaryTold) log.warn(summary);
      summaryTold = summary;
      for (const { namespace, why } of unread) log.warn({ namespace }, `its pods are not looked at: ${why}`);
      await tell(groups, signal);
      if (missed.length === 0) return { result: "nothing", againMs: intervalMs };
      if (restartPauseMs === undefined) return { result: "found", againMs: intervalMs };
      return restart(restartPauseMs, missed, groups, signal);
    },
  };
}

/** Whether the API server, a policy or another webhook says no to this one workload: the next need not wait for it. */
function isDenied(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.status === undefined) return false;
  return error.status >= 400 && error.status < 500 && error.status !== 401 && error.status !== 429;
}

/** What `kubectl describe` looks for needs the workload's uid, which a Deployment's pods do not tell. */
async function involvedOf(
  pod: MissedPod,
  { writer, log }: AuditPodsOptions,
  signal: AbortSignal,
): Promise<Involved> {
  if (pod.maker.kind !== "Deployment") return involvedIn(pod, pod.maker.uid);
  const place = workloadPlace(pod.maker, pod.namespace);
  try {
    const found = place && (await writer.read(place, signal));
    return involvedIn(pod, textAt(found, "metadata", "uid"));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    log.info({ pod: `${pod.namespace}/${pod.name}` }, `told on the pod itself: ${reasonOf(error)}`);
    return involvedIn(pod, undefined);
  }
}
