import type { Decision } from "../../admission/decision.ts";
import type { ClientStatus } from "../../pod/client-state.ts";
import { reasonInfo } from "../../types/reason.ts";
import { describeVerdict } from "../describe-decision.ts";
import type { Paint } from "../paint.ts";
import { wrapText } from "../wrap-text.ts";
import type { DatasetReport } from "./dataset-report.ts";
import type { PodReport } from "./pod-report.ts";
import type { PodSummary, WorkloadReport } from "./workload-report.ts";

export type Report = PodReport | WorkloadReport | DatasetReport;

/** A report in words for a reader. */
export function describeReport(report: Report, paint: Paint): string {
  if ("stands" in report) return describePod(report, paint);
  return "outcome" in report ? describeDataset(report, paint) : describeWorkload(report, paint);
}

function describePod(report: PodReport, paint: Paint): string {
  const title = `Pod ${report.namespace}/${report.name}`;
  return [
    `${paint("bold", title)}: ${describeStanding(report, paint)}\n`,
    section(paint, "Why", report.stands.injectedBy === undefined ? nowLines(report.now, paint) : []),
    section(paint, "Where it runs", nodeLines(report)),
    section(
      paint,
      "Clients",
      report.clients.flatMap((client) => clientLines(client, paint)),
    ),
    section(paint, "What would be decided now", [
      ...report.unknown.map((why) => `not known: ${why}`),
      ...(report.stands.injectedBy === undefined ? [] : nowLines(report.now, paint)),
      ...(report.drift.length === 0 && report.now !== undefined ? ["the same"] : []),
      ...report.drift.map((line) => paint("yellow", line)),
    ]),
  ].join("");
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

function describeWorkload(report: WorkloadReport, paint: Paint): string {
  const title = `${report.kind} ${report.namespace}/${report.name}`;
  const injected = report.pods.filter((pod) => pod.injected).length;
  return [
    `${paint("bold", title)}: ${report.pods.length} pods, ${injected} of them injected\n`,
    section(paint, "What would be decided about its next pod", [
      ...report.unknown.map((why) => `not known: ${why}`),
      ...nowLines(report.now, paint),
      ...(report.templateInjected
        ? [
            paint(
              "yellow",
              "its template holds injected clients, as of a copied pod: take them out by sluice uninject",
            ),
          ]
        : []),
    ]),
    section(paint, "Pods", podLines(report.pods)),
    ...report.details.map((pod) => `\n${describePod(pod, paint)}`),
  ].join("");
}

const mostPods = 50;

function podLines(pods: readonly PodSummary[]): string[] {
  const lines = pods.slice(0, mostPods).map(({ name, node, injected, clients }) => {
    const states = clients.map(({ container, state, code }) => `${container} ${state} (${code})`).join(", ");
    return `${name} on ${node ?? "no node yet"}: ${injected ? states : "not injected"}`;
  });
  return pods.length > mostPods ? [...lines, `and ${pods.length - mostPods} more`] : lines;
}

function describeDataset(report: DatasetReport, paint: Paint): string {
  const title = `${report.kind} ${report.namespace}/${report.name}`;
  const { dataset, client, cache, outcome } = report;
  const cached = dataset?.cachedPart;
  return [
    `${paint("bold", title)}: ${outcome.code === "injected" ? paint("green", "can be served") : outcome.code}\n`,
    section(
      paint,
      "Dataset",
      dataset === undefined
        ? []
        : [
            `${dataset.namespace}/${dataset.name}: ${dataset.phase || "no phase yet"}${cached === undefined ? "" : `, ${Math.round(cached * 100)} % cached`}`,
            ...dataset.runtimes.map(({ type, namespace, name }) => `runtime ${type} ${namespace}/${name}`),
            ...dataset.mountPoints.map((place) => `from ${place}`),
          ],
    ),
    section(paint, "What serves it", [
      outcome.message,
      ...(client === undefined
        ? []
        : [
            `client ${client.image}, made from ${client.madeFrom}`,
            `resources ${JSON.stringify(client.resources)}`,
          ]),
    ]),
    section(
      paint,
      "Nodes with its cache",
      cache === undefined
        ? []
        : [`${cache.nodes.length} with label ${cache.label}=true`, ...cache.nodes.slice(0, mostPods)],
    ),
    section(
      paint,
      "Pods that use it",
      report.pods
        .slice(0, mostPods)
        .map(
          ({ name, node, client: own }) =>
            `${name} on ${node ?? "no node yet"}: ${own === undefined ? "mounts the claim itself" : `${own.container} ${own.state} (${own.code}): ${own.message}`}`,
        ),
    ),
  ].join("");
}

function section(paint: Paint, heading: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  const body = lines
    .map((line) => wrapText(line.trimStart(), line.startsWith(" ") ? "        " : "      "))
    .join("");
  return `\n  ${paint("bold", heading)}\n${body.replace(/^ {6}(?! )/gm, "    ")}`;
}
