import type { Decision } from "../../admission/decision.ts";
import type { ClientStatus } from "../../pod/client-state.ts";
import { reasonInfo } from "../../types/reason.ts";
import { describeVerdict } from "../describe-decision.ts";
import type { Paint } from "../paint.ts";
import { wrapText } from "../wrap-text.ts";
import type { DatasetReport, PodUse } from "./dataset-report.ts";
import type { PodReport } from "./pod-report.ts";
import type { PodSummary, WorkloadReport } from "./workload-report.ts";

export type Report = PodReport | WorkloadReport | DatasetReport;

/** A report in words, in parts. */
export interface ReportWords {
  readonly title: string;
  readonly headline: string;
  /** Those that have something to tell. */
  readonly sections: readonly ReportSection[];
  /** Of a workload the pods that are told of as a whole. */
  readonly pods: readonly ReportWords[];
}

export interface ReportSection {
  readonly heading: string;
  /** Those that begin with a space belong to the one before them. */
  readonly lines: readonly string[];
  /** What would be decided now, as opposed to what stands there. */
  readonly ofDecision?: true;
}

/** A report in words for a reader. */
export function describeReport(report: Report, paint: Paint): string {
  return layOut(wordsOf(report, paint), paint);
}

/** A report in words, in parts that a page can lay out by itself. */
export function wordsOf(report: Report, paint: Paint): ReportWords {
  if ("stands" in report) return wordsOfPod(report, paint);
  return "outcome" in report ? wordsOfDataset(report, paint) : wordsOfWorkload(report, paint);
}

function layOut({ title, headline, sections, pods }: ReportWords, paint: Paint): string {
  return [
    `${paint("bold", title)}: ${headline}\n`,
    ...sections.map((one) => section(paint, one)),
    ...pods.map((pod) => `\n${layOut(pod, paint)}`),
  ].join("");
}

function withoutEmpty(sections: readonly ReportSection[]): ReportSection[] {
  return sections.filter(({ lines }) => lines.length > 0);
}

function wordsOfPod(report: PodReport, paint: Paint): ReportWords {
  const injected = report.stands.injectedBy !== undefined;
  const now = nowLines(report.now, paint);
  // What would be done with it now is no reason for its having no client.
  const missed = !injected && report.now?.verdict === "injected" && report.now.mode !== "csi";
  return {
    title: `Pod ${report.namespace}/${report.name}`,
    headline: describeStanding(report, paint),
    sections: withoutEmpty([
      { heading: "Why", lines: injected || missed ? [] : now, ofDecision: true },
      { heading: "Where it runs", lines: nodeLines(report) },
      { heading: "Clients", lines: report.clients.flatMap((client) => clientLines(client, paint)) },
      { heading: "What would be decided now", lines: injected || missed ? now : [], ofDecision: true },
      { heading: "In what it differs from what would be decided now", lines: driftLines(report, paint) },
    ]),
    pods: [],
  };
}

function driftLines({ unknown, drift, now }: PodReport, paint: Paint): string[] {
  if (now === undefined) return unknown.map((why) => `not known: ${why}`);
  return drift.length === 0
    ? ["in nothing: it would come out the same"]
    : drift.map((line) => paint("yellow", line));
}

function describeStanding({ stands, now }: PodReport, paint: Paint): string {
  const { injectedBy, version, mode, platform, sidecar, copied } = stands;
  if (injectedBy === "others") return "injected by another webhook than Sluice";
  if (injectedBy === undefined && now?.mode === "csi") return "left to the node's CSI driver";
  if (injectedBy === undefined)
    return copied ? paint("yellow", "not injected, yet carries sluice.io/status") : "not injected";
  const how = [
    mode === undefined ? "" : `${mode} mode`,
    sidecar === undefined ? "" : `${sidecar} sidecar`,
    platform === undefined ? "" : `platform ${platform}`,
    version === undefined ? "" : `by version ${version}`,
  ].filter((part) => part !== "");
  return `${paint("green", "injected")}${how.length === 0 ? "" : ` (${how.join(", ")})`}`;
}

function nodeLines({ node }: PodReport): string[] {
  if (node === undefined) return ["no node yet"];
  const ready =
    node.ready === undefined ? "says nothing of how it is" : node.ready ? "is ready" : "is not ready";
  const state = node.found ? ready : "could not be read, or is gone";
  return [
    `node ${node.name} ${state}`,
    ...node.caches.map(({ dataset, label, holds }) =>
      holds
        ? `it holds the cache of Dataset ${dataset} (${label})`
        : `it does not hold the cache of Dataset ${dataset} (no label ${label})`,
    ),
  ];
}

function clientLines(client: ClientStatus, paint: Paint): string[] {
  const colour = client.level === "ok" ? "green" : client.level === "wait" ? "yellow" : "red";
  const claims = client.claims.length === 0 ? "" : `, claim ${client.claims.join(", ")}`;
  const counts = [
    client.restarts > 0 ? `${client.restarts} restarts` : "",
    client.oomKills > 0 ? `${client.oomKills} kills for want of memory` : "",
    client.since === undefined ? "" : `since ${client.since}`,
  ].filter((part) => part !== "");
  const more = counts.length === 0 ? "" : `, ${counts.join(", ")}`;
  return [
    `${client.container}${claims}: ${paint(colour, client.state)} (${client.code})${more}`,
    `  ${client.message}`,
    ...(client.remedy === "" ? [] : [`  Remedy: ${client.remedy}`]),
  ];
}

function nowLines(now: Decision | undefined, paint: Paint): string[] {
  if (now === undefined) return [];
  const level = now.verdict === "rejected" ? "refusal" : now.verdict === "unchanged" ? "info" : "warning";
  const reasons = now.findings
    .filter(({ code }) => reasonInfo(code).level === level)
    .map(({ message }) => message);
  const volumes = now.volumes.map(({ volume, message, code }) => `${volume}: ${message} (${code})`);
  return [...new Set([describeVerdict(now, paint), ...reasons, ...volumes])];
}

function wordsOfWorkload(report: WorkloadReport, paint: Paint): ReportWords {
  const injected = report.pods.filter((pod) => pod.injected).length;
  return {
    title: `${report.kind} ${report.namespace}/${report.name}`,
    headline: `${report.pods.length} pods, ${injected} of them injected`,
    sections: withoutEmpty([
      {
        heading: "What would be decided about its next pod",
        lines: nowLines(report.now, paint),
        ofDecision: true,
      },
      { heading: "Its template", lines: templateLines(report, paint) },
      { heading: "Pods", lines: podLines(report.pods) },
    ]),
    pods: report.details.map((pod) => wordsOfPod(pod, paint)),
  };
}

function templateLines({ unknown, templateInjected }: WorkloadReport, paint: Paint): string[] {
  const copied = "it holds injected clients, as of a copied pod: take them out by sluice uninject";
  return [
    ...(templateInjected ? [paint("yellow", copied)] : []),
    ...unknown.map((why) => `what would be decided is not known: ${why}`),
  ];
}

const mostPods = 50;

function podLines(pods: readonly PodSummary[]): string[] {
  const lines = pods.slice(0, mostPods).map(({ name, node, injected, clients }) => {
    const states = clients.map(({ container, state, code }) => `${container} ${state} (${code})`).join(", ");
    return `${name} on ${node ?? "no node yet"}: ${injected ? states : "not injected"}`;
  });
  return pods.length > mostPods ? [...lines, `and ${pods.length - mostPods} more`] : lines;
}

function wordsOfDataset(report: DatasetReport, paint: Paint): ReportWords {
  const { client, cache, outcome, pods } = report;
  return {
    title: `${report.kind} ${report.namespace}/${report.name}`,
    headline: outcome.code === "injected" ? paint("green", "can be served") : outcome.code,
    sections: withoutEmpty([
      { heading: "Dataset", lines: datasetLines(report) },
      {
        heading: "What serves it",
        lines: [
          outcome.message,
          ...(client === undefined
            ? []
            : [
                `client ${client.image}, made from ${client.madeFrom}`,
                `resources ${JSON.stringify(client.resources)}`,
              ]),
        ],
      },
      {
        heading: "Nodes with its cache",
        lines:
          cache === undefined
            ? []
            : [`${cache.nodes.length} with label ${cache.label}=true`, ...cache.nodes.slice(0, mostPods)],
      },
      { heading: "Pods that use it", lines: pods.slice(0, mostPods).map(useLine) },
    ]),
    pods: [],
  };
}

function datasetLines({ dataset }: DatasetReport): string[] {
  if (dataset === undefined) return [];
  const { namespace, name, phase, cachedPart, runtimes, mountPoints } = dataset;
  const cached = cachedPart === undefined ? "" : `, ${Math.round(cachedPart * 100)} % cached`;
  return [
    `${namespace}/${name}: ${phase || "no phase yet"}${cached}`,
    ...runtimes.map((runtime) => `runtime ${runtime.type} ${runtime.namespace}/${runtime.name}`),
    ...mountPoints.map((place) => `from ${place}`),
  ];
}

function useLine({ name, node, client }: PodUse): string {
  const how =
    client === undefined
      ? "mounts the claim itself"
      : `${client.container} ${client.state} (${client.code}): ${client.message}`;
  return `${name} on ${node ?? "no node yet"}: ${how}`;
}

function section(paint: Paint, { heading, lines }: ReportSection): string {
  const body = lines
    .map((line) => wrapText(line.trimStart(), line.startsWith(" ") ? "        " : "      "))
    .join("");
  return `\n  ${paint("bold", heading)}\n${body.replace(/^ {6}(?! )/gm, "    ")}`;
}
