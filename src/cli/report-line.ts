import { reasonInfo } from "../types/reason.ts";
import { type DecidedObject, describeObject } from "./decide-object.ts";
import { describeVerdict } from "./describe-decision.ts";
import { paintWith } from "./paint.ts";

/** One line for the object: what became of it and why; after it one line for each warning. */
export function reportLines(decided: DecidedObject): string {
  const name = describeObject(decided);
  const { decision } = decided;
  if (decision === undefined) return `${name}: unchanged: a ${decided.object.kind} makes no pods\n`;
  const of = (level: string): string[] =>
    decision.findings.filter(({ code }) => reasonInfo(code).level === level).map(({ message }) => message);
  const reasons = {
    injected: decision.volumes
      .filter(({ dataset }) => dataset !== undefined)
      .map(
        ({ volume, dataset, client }) =>
          `${volume} is Dataset ${dataset}${client === undefined ? "" : ` by ${client}`}`,
      ),
    unchanged: of("info").slice(0, 1),
    rejected: of("refusal"),
  }[decision.verdict];
  const verdict = describeVerdict(decision, paintWith(false));
  const warnings = decision.verdict === "rejected" ? [] : [...of("refusal"), ...of("warning")];
  return [
    `${name}: ${[verdict, reasons.join("; ")].filter((part) => part !== "").join(": ")}\n`,
    ...(decided.hint === undefined ? [] : [`${name}: note: ${decided.hint}\n`]),
    ...warnings.map((message) => `${name}: warning: ${message}\n`),
  ].join("");
}
