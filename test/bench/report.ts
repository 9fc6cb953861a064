import { cpus } from "node:os";
import type { FirstAdmissions } from "./first-admission.ts";
import type { Measured } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import type { ScaleRow } from "./scale.ts";
import { median, spread } from "./statistics.ts";
import { formatTable } from "./table.ts";
import { rowNames, type Throughput, type ThroughputRow } from "./throughput.ts";

/** All that one run found. */
export interface Results {
  readonly throughput: Throughput;
  readonly firstAdmission: FirstAdmissions;
  readonly scale: readonly ScaleRow[];
}

/** The run as one page of text. */
export function formatReport(results: Results, { rounds, seconds }: BenchOptions): string {
  const { throughput, firstAdmission, scale } = results;
  const kilobytes = (throughput.reviewBytes / 1000).toFixed(1);
  const smallest = scale[0];
  return [
    `Node ${process.version}, ${cpus().length} processors (${cpus()[0]?.model.trim() ?? "unknown"}); medians of ${rounds} rounds of ${seconds} s in turn; a review of ${kilobytes} kB`,
    "",
    formatTable(
      [
        "",
        "connections",
        "requests/s",
        "of echo",
        "p50 ms",
        "p99 ms",
        "of echo",
        "CPU s/1,000",
        "of echo",
        "spread",
      ],
      throughput.rows.map(throughputCells),
    ),
    "",
    formatTable(
      [
        `${rowNames.juicefs}, of a dataset of Fluid's`,
        "connections",
        "CPU",
        "p50",
        "requests/s",
        "aim: CPU <= 1.1",
      ],
      familyCells(throughput.rows),
    ),
    "",
    formatTable(
      ["first admission after ready", "median ms", "worst ms", "servers"],
      [
        admissionCells("with TCP connect and TLS handshake", firstAdmission.connecting),
        admissionCells("on a connection opened before", firstAdmission.connected),
        admissionCells("(start of the process to ready)", firstAdmission.starts),
      ],
    ),
    "",
    formatTable(
      [
        "datasets of mixed runtimes",
        "ready after ms",
        "RSS MB ready",
        "RSS MB after load",
        "mean ms",
        "of the first",
        "p50 ms",
        "p99 ms",
        "CPU s/1,000",
        "spread",
      ],
      scale.map((row) => scaleCells(row, smallest ?? row)),
    ),
    "",
    "of echo, of the first: median of each round's ratio. spread: (best - worst) / median over the rounds, of requests/s",
    "(of the mean for clusters): what the machine does meanwhile. Replicas: reviews that differ only in what the API server",
    "makes up for each pod; no two alike: each is another pod. Clusters: one connection, pods with one dataset, no two alike.",
    "",
  ].join("\n");
}

function throughputCells(row: ThroughputRow): string[] {
  const { name, connections, rounds, echo } = row;
  const ratio = (of: keyof Measured) =>
    echo === undefined ? "" : ratioOf(rounds, echo.rounds, of).toFixed(2);
  return [
    name,
    String(connections),
    middle(rounds, "perSecond").toFixed(0),
    ratio("perSecond"),
    middle(rounds, "p50").toFixed(2),
    middle(rounds, "p99").toFixed(2),
    ratio("p99"),
    told(middle(rounds, "cpuPerThousand"), 3),
    echo === undefined ? "" : told(ratioOf(rounds, echo.rounds, "cpuPerThousand"), 2),
    percent(spread(rounds.map((round) => round.perSecond))),
  ];
}

/** What a claim of the second family costs, against one of the first, measured in turn. */
function familyCells(rows: readonly ThroughputRow[]): string[][] {
  const named = (name: string) => rows.filter((row) => row.name === name);
  return named(rowNames.juicefs).flatMap((row) => {
    const fluid = named(rowNames.fluid).find(({ connections }) => connections === row.connections);
    if (fluid === undefined) return [];
    const ratio = (of: keyof Measured) => ratioOf(row.rounds, fluid.rounds, of);
    const cpu = ratio("cpuPerThousand");
    const [p50, perSecond] = [ratio("p50"), ratio("perSecond")];
    const reached = Number.isNaN(cpu) ? "unknown" : cpu <= 1.1 ? "reached" : "missed";
    return [["", String(row.connections), told(cpu, 2), told(p50, 2), told(perSecond, 2), reached]];
  });
}

function admissionCells(name: string, found: readonly number[]): string[] {
  return [name, median(found).toFixed(1), Math.max(...found).toFixed(1), String(found.length)];
}

function scaleCells(row: ScaleRow, smallest: ScaleRow): string[] {
  return [
    String(row.datasets),
    row.readyMs.toFixed(0),
    told(row.readyMegabytes, 0),
    told(row.loadedMegabytes, 0),
    middle(row.rounds, "mean").toFixed(3),
    row === smallest ? "" : ratioOf(row.rounds, smallest.rounds, "mean").toFixed(2),
    middle(row.rounds, "p50").toFixed(3),
    middle(row.rounds, "p99").toFixed(2),
    told(middle(row.rounds, "cpuPerThousand"), 3),
    percent(spread(row.rounds.map((round) => round.mean))),
  ];
}

function middle(rounds: readonly Measured[], of: keyof Measured): number {
  return median(rounds.map((round) => round[of]));
}

/** Round by round, for what slows the machine down for a while slows both. */
function ratioOf(rounds: readonly Measured[], base: readonly Measured[], of: keyof Measured): number {
  return median(rounds.map((round, index) => round[of] / (base[index]?.[of] ?? Number.NaN)));
}

function told(value: number, digits: number): string {
  return Number.isNaN(value) ? "unknown" : value.toFixed(digits);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
