import type { OffCachePod } from "../controllers/audit/find-off-cache.ts";
import type { Findings } from "../controllers/audit/find-pods.ts";
import type { MissedPod } from "../controllers/audit/missed-pod.ts";
import type { PodMaker } from "../controllers/audit/pod-maker.ts";

/** What an audit found, as it is told. */
export interface AuditReport {
  /** Rows below a heading; none where nothing was found. */
  readonly rows: readonly (readonly string[])[];
  /** For machines. */
  readonly pods: readonly object[];
  /** For people, in lines. */
  readonly summary: string;
}

const missedHeading = ["NAMESPACE", "POD", "MADE BY", "WITHOUT", "WHAT TO DO"];
const offCacheHeading = ["NAMESPACE", "POD", "MADE BY", "NODE", "CACHES IT LACKS"];

/** Pods that run without the datasets they ask for. */
export function reportMissed({ found, looked, unread }: Findings<MissedPod>): AuditReport {
  const [count, verb] = countOf(found);
  return {
    rows: found.length === 0 ? [] : [missedHeading, ...found.map(missedRow)],
    pods: found.map(({ namespace, name, uid, created, maker, mounts, refusal, remedy }) => {
      const madeBy = makerAsJson(maker);
      return { namespace, name, uid, created, madeBy, mounts, refusal: refusal ?? null, remedy };
    }),
    summary: summarize(
      `of ${looked} pods that have not ended, ${count} ${verb} without the datasets they ask for`,
      unread,
    ),
  };
}

/** Pods that run on nodes without their datasets' caches. */
export function reportOffCache({ found, looked, unread }: Findings<OffCachePod>): AuditReport {
  const [count, verb] = countOf(found);
  return {
    rows: found.length === 0 ? [] : [offCacheHeading, ...found.map(offCacheRow)],
    pods: found.map(({ namespace, name, uid, maker, node, without }) => {
      return { namespace, name, uid, madeBy: makerAsJson(maker), node, without };
    }),
    summary: summarize(
      `of ${looked} pods with clients that have not ended, ${count} ${verb} on nodes without their datasets' caches`,
      unread,
    ),
  };
}

/** A line for each pod, as kubectl prints tables; nothing where there is none. */
export function auditTable({ rows }: AuditReport): string {
  if (rows.length === 0) return "";
  const legible = rows.map((row) => row.map(onOneLine));
  const widths = (legible[0] ?? []).map((_, column) =>
    legible.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  const lines = legible.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

/** For machines: the pods, how many were looked at, and where none could be. */
export function auditAsJson({ pods }: AuditReport, { looked, unread }: Findings<unknown>): string {
  return `${JSON.stringify({ pods, looked, unread }, null, 2)}\n`;
}

function missedRow({ namespace, name, maker, mounts, refusal, remedy }: MissedPod): readonly string[] {
  const toDo = refusal === undefined ? remedy : `would be refused now: ${refusal}`;
  return [namespace, name, makerInWords(maker), mounts.join(", "), toDo];
}

function offCacheRow({ namespace, name, maker, node, without }: OffCachePod): readonly string[] {
  const lacked = without.map(
    ({ dataset, nodes }) =>
      `Dataset ${dataset} (on ${nodes === 0 ? "no node" : nodes === 1 ? "1 node" : `${nodes} nodes`})`,
  );
  return [namespace, name, makerInWords(maker), node, lacked.join(", ")];
}

function makerInWords({ kind, name }: PodMaker): string {
  return kind === undefined ? "nobody" : `${kind} ${name}`;
}

function makerAsJson({ kind, name }: PodMaker): object | null {
  return kind === undefined ? null : { kind, name };
}

function countOf({ length }: readonly unknown[]): readonly [count: string, verb: string] {
  return length === 1 ? ["1", "runs"] : [String(length || "none"), "run"];
}

/** What users write into annotations is part of some messages. */
function onOneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}

/** What was looked at, and what was not. */
function summarize(line: string, unread: Findings<unknown>["unread"]): string {
  const lines = [
    line,
    ...unread.map(({ namespace, why }) => `not looked at: namespace ${namespace}: ${why}`),
  ];
  return `${lines.join("\n")}\n`;
}
