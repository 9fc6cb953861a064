import { cpus } from "node:os";
import { median, spread } from "../statistics.ts";
import { formatTable } from "../table.ts";
import { nodes } from "./bench-cluster.ts";
import { type Company, type CompanyRound, companyWorkers } from "./company.ts";
import type { CreationRow, Measured } from "./creations.ts";
import { bodyOf } from "./creations.ts";
import { formatGoals } from "./goals.ts";
import type { BenchClusterOptions } from "./options.ts";
import { ratioOf, reviewRatio } from "./ratio.ts";
import type { Results } from "./results.ts";
import type { Rollout } from "./rollout.ts";
import type { ScaleRow, Start } from "./scale.ts";

/** The run as one page of text. */
export function formatReport(results: Results, options: BenchClusterOptions): string {
  const { kubernetes, creations, rollouts, company, scale } = results;
  const { rounds, seconds, replicas, rollouts: times, starts } = options;
  const bytes = Buffer.byteLength(bodyOf("team-0", ["dataset-0"]));
  return [
    `Kubernetes ${kubernetes}, Node ${process.version}, ${cpus().length} processors (${cpus()[0]?.model.trim() ?? "unknown"}) for all of it, clients included`,
    `pod creations through the API server (server-side dry run, pods of ${bytes} bytes, two replicas of Sluice); medians of ${rounds} rounds of ${seconds} s in turn`,
    "",
    formatTable(
      [
        "",
        "workers",
        "pods/s",
        "of plain",
        "p50 ms",
        "of plain",
        "p99 ms",
        "of plain",
        "CPU s/1,000: apiserver",
        "of plain",
        "etcd",
        "sluice",
        "spread",
      ],
      creations.map(creationCells),
    ),
    "",
    formatTable(
      [
        `Deployment of ${replicas} with one dataset (${times} times)`,
        "seconds to all bound",
        "of plain",
        `% of pods on the ${nodes.withCache} of ${nodes.all} nodes with the cache`,
        "spread",
      ],
      [
        rolloutCells("plain", rollouts.plain, undefined),
        rolloutCells("with Sluice", rollouts.withSluice, rollouts.plain),
        rolloutCells("with Sluice, cache-affinity strong", rollouts.strong, rollouts.plain),
      ],
    ),
    "",
    ...(company === undefined ? [] : [formatCompany(company), ""]),
    formatTable(
      [
        `datasets of mixed runtimes (${starts} starts)`,
        "ready after ms",
        "worst",
        "CPU s",
        "RSS MB ready",
        "peak",
        "after load",
        "first admission ms",
        "worst",
        "first creation ms",
        "later creation ms",
        "review ms",
        "of the first",
      ],
      scale.map((row) => scaleCells(row, scale[0])),
    ),
    "",
    "of plain: median of each round's ratio, same pods without any webhook or policy. spread: (best - worst) / median over",
    "the rounds: what the machine does meanwhile. First admission: the webhook call as the API server's metric has it, connect and",
    "TLS handshake included, right after /readyz; first creation: all of that pod's creation; later: the median of those after it.",
    "Another webhook: it only gives each pod the same label, unread, and no policy follows: what the API server needs to call any.",
    "Review: the mean of the webhook calls after those, by the same metric, of pods with one dataset each, no two alike.",
    "",
    formatGoals(results),
    "",
  ].join("\n");
}

function creationCells({ name, workers, rounds, plain }: CreationRow): string[] {
  const ratio = (of: keyof Measured) =>
    plain === undefined ? "" : ratioOf(rounds, plain.rounds, (round) => round[of]).toFixed(2);
  const middle = (of: keyof Measured, digits: number) =>
    median(rounds.map((round) => round[of])).toFixed(digits);
  return [
    name,
    String(workers),
    middle("perSecond", 0),
    ratio("perSecond"),
    middle("p50", 2),
    ratio("p50"),
    middle("p99", 2),
    ratio("p99"),
    middle("apiServerCpu", 2),
    ratio("apiServerCpu"),
    middle("etcdCpu", 2),
    middle("sluiceCpu", 2),
    percent(spread(rounds.map(({ perSecond }) => perSecond))),
  ];
}

function formatCompany({ alone, accompanied }: Company): string {
  const cells = (name: string, rounds: readonly CompanyRound[]) => {
    const middle = (of: keyof CompanyRound, digits: number) =>
      median(rounds.map((round) => round[of])).toFixed(digits);
    const rate = ratioOf(rounds, alone, ({ perSecond }) => perSecond).toFixed(2);
    return [name, middle("perSecond", 0), rate, middle("p99", 1), middle("cpu", 2), middle("megabytes", 0)];
  };
  return formatTable(
    [
      `injecting by ${companyWorkers} workers`,
      "pods/s",
      "of alone",
      "p99 ms",
      "CPU s/1,000: webhook",
      "RSS MB of a replica",
    ],
    [cells("webhook alone", alone), cells("with controllers and console, looked at", accompanied)],
  );
}

function rolloutCells(
  name: string,
  found: readonly Rollout[],
  plain: readonly Rollout[] | undefined,
): string[] {
  const seconds = found.map((rollout) => rollout.seconds);
  return [
    name,
    median(seconds).toFixed(2),
    plain === undefined ? "" : ratioOf(found, plain, (rollout) => rollout.seconds).toFixed(2),
    percent(median(found.map(({ onCacheNodes }) => onCacheNodes))),
    percent(spread(seconds)),
  ];
}

function scaleCells({ datasets, starts }: ScaleRow, first: ScaleRow | undefined): string[] {
  const values = (of: keyof Start) => starts.map((start) => start[of]);
  const middle = (of: keyof Start, digits = 0) => median(values(of)).toFixed(digits);
  return [
    String(datasets),
    middle("readyMs"),
    Math.max(...values("readyMs")).toFixed(0),
    middle("readyCpu", 2),
    middle("readyMegabytes"),
    Math.max(...values("peakMegabytes")).toFixed(0),
    middle("loadedMegabytes"),
    middle("firstAdmissionMs", 1),
    Math.max(...values("firstAdmissionMs")).toFixed(1),
    middle("firstCreationMs", 1),
    middle("laterCreationMs", 1),
    middle("reviewMs", 2),
    reviewRatio(starts, first?.starts ?? []).toFixed(2),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
