import type { Findings } from "../controllers/audit/find-missed.ts";
import type { MissedPod } from "../controllers/audit/missed-pod.ts";

const heading = ["NAMESPACE", "POD", "MADE BY", "WITHOUT", "WHAT TO DO"] as const;

/** A line for each pod, as kubectl prints tables; nothing where there is none. */
export function auditTable({ missed }: Findings): string {
  if (missed.length === 0) return "";
  const rows = [heading, ...missed.map(cellsOf)];
  const widths = heading.map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

function cellsOf({ namespace, name, maker, mounts, refusal, remedy }: MissedPod): readonly string[] {
  const madeBy = maker.kind === undefined ? "nobody" : `${maker.kind} ${maker.name}`;
  const toDo = refusal === undefined ? remedy : `would be refused now: ${refusal}`;
  return [namespace, name, madeBy, mounts.join(", "), toDo].map(onOneLine);
}

/** What users write into annotations is part of some messages. */
function onOneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}

export function auditAsJson({ missed, looked, unread }: Findings): string {
  const pods = missed.map(({ namespace, name, uid, created, maker, mounts, refusal, remedy }) => {
    const madeBy = maker.kind === undefined ? null : { kind: maker.kind, name: maker.name };
    return { namespace, name, uid, created, madeBy, mounts, refusal: refusal ?? null, remedy };
  });
  return `${JSON.stringify({ pods, looked, unread }, null, 2)}\n`;
}

/** What was looked at, and what was not. */
export function summarize({ missed, looked, unread }: Findings): string {
  const [count, verb] = missed.length === 1 ? ["1", "runs"] : [String(missed.length || "none"), "run"];
  const lines = [`of ${looked} pods that have not ended, ${count} ${verb} without the datasets they ask for`];
  for (const { namespace, why } of unread) lines.push(`not looked at: namespace ${namespace}: ${why}`);
  return `${lines.join("\n")}\n`;
}
