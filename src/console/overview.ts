import type { DatasetRow, Overview, PodRow, Problem } from "./api-types.ts";
import type { Refusal } from "./read-events.ts";

export interface OverviewFacts {
  readonly everywhere: boolean;
  /** Only what may be seen. */
  readonly pods: Iterable<PodRow>;
  readonly datasets: readonly DatasetRow[];
  readonly refusals: readonly Refusal[];
  readonly refusalsHidden?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const hourMs = 3_600_000;
const hoursShown = 24;
const mostProblems = 50;

/** What stands at the top of the console: counts, the last 24 hours, and what is wrong now. */
export function makeOverview(facts: OverviewFacts): Overview {
  const { everywhere, datasets, refusals, refusalsHidden, now } = facts;
  const first = Math.floor(now / hourMs) - hoursShown + 1;
  const hours = Array.from({ length: hoursShown }, (_, index) => ({
    from: new Date((first + index) * hourMs).toISOString(),
    injected: 0,
    refused: 0,
  }));
  const hourOf = (time: string | undefined) => hours[Math.floor(Date.parse(time ?? "") / hourMs) - first];
  const pods: Overview["pods"] = {
    total: 0,
    sidecar: 0,
    csi: 0,
    missed: 0,
    on: 0,
    off: 0,
    unplaced: 0,
    unlabelled: 0,
    health: { well: 0, waiting: 0, bad: 0, ended: 0 },
  };
  const problems: Problem[] = [];
  for (const pod of facts.pods) {
    pods.health[pod.health] += 1;
    const hour = pod.service === "sidecar" ? hourOf(pod.created) : undefined;
    if (hour !== undefined) hour.injected += 1;
    if (pod.health === "ended") continue;
    pods.total += 1;
    pods[pod.service] += 1;
    pods[pod.cache] += 1;
    if (pod.health === "bad")
      problems.push({
        kind: "pod",
        namespace: pod.namespace,
        name: pod.name,
        message: pod.reason ?? pod.phase,
      });
  }
  for (const { namespace, name, message, count, last } of refusals) {
    const hour = hourOf(last);
    if (hour !== undefined) hour.refused += count;
    problems.push({ kind: "refusal", namespace, name, message, ...(last !== undefined && { last }) });
  }
  for (const { namespace, name, problem } of datasets)
    if (problem !== undefined) problems.push({ kind: "dataset", namespace, name, message: problem });
  const order = ["dataset", "refusal", "pod"];
  problems.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  return {
    everywhere,
    pods,
    datasets: {
      total: datasets.length,
      ready: datasets.filter(({ problem }) => problem === undefined).length,
    },
    hours,
    ...(refusalsHidden !== undefined && { refusalsHidden }),
    problems: problems.slice(0, mostProblems),
    moreProblems: Math.max(0, problems.length - mostProblems),
  };
}
