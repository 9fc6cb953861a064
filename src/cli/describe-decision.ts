import type { Pod } from "kubernetes-types/core/v1";
import type { Decision, VolumeOutcome } from "../admission/decision.ts";
import { type Finding, reasonInfo } from "../types/reason.ts";
import { describeAffinity } from "./describe-affinity.ts";
import { describeEdits } from "./describe-edits.ts";
import type { Paint } from "./paint.ts";
import { wrapText } from "./wrap-text.ts";

/** All that was decided about one pod, in words for a reader. `before` is the pod that the decision is about. */
export function describeDecision(title: string, decision: Decision, before: Pod, paint: Paint): string {
  const sections = sectionsOf(decision, before).map(
    ({ heading, entries }) => `\n  ${paint("bold", heading)}\n${entries.map(writeEntry).join("")}`,
  );
  return `${paint("bold", title)}: ${describeVerdict(decision, paint)}\n${sections.join("")}`;
}

/** The same in parts; those with nothing to tell are left out. */
export function sectionsOf(decision: Decision, before: Pod): Section[] {
  const { findings, volumes } = decision;
  const steering = findings.filter(
    (finding) => finding.code.startsWith("cache-") && levelOf(finding) === "info",
  );
  const place = decision.verdict === "unchanged" ? [] : findings.filter(({ code }) => isOfPlatform(code));
  const open = findings.filter(({ code }) => code === "platform-note");
  const told = new Set([...volumes, ...steering, ...place, ...open].map(({ message }) => message));
  const others = (level: string): Entry[] =>
    entriesOf(findings.filter((finding) => levelOf(finding) === level && !told.has(finding.message)));
  const refusals = entriesOf(findings.filter((finding) => levelOf(finding) === "refusal"));
  const sections: Section[] = [
    { heading: "Why it is refused", entries: decision.verdict === "rejected" ? refusals : [] },
    { heading: "Why", entries: decision.verdict === "unchanged" ? others("info") : [] },
    {
      heading: "Warnings",
      entries: [...others("warning"), ...(decision.verdict === "rejected" ? [] : others("refusal"))],
    },
    { heading: "Volumes", entries: volumes.map(describeVolume) },
    {
      heading: "Where it runs",
      entries: [...entriesOf(place), ...entriesOf(steering), ...describeWhole(decision, before)],
    },
    { heading: "What is not confirmed of that", entries: entriesOf(open) },
    { heading: "What is changed, and why", entries: describeChanges(decision, before) },
    { heading: "Notes", entries: decision.verdict === "unchanged" ? [] : others("info") },
  ];
  return sections.filter(({ entries }) => entries.length > 0);
}

/** Entries under one heading. */
export interface Section {
  readonly heading: string;
  readonly entries: readonly Entry[];
}

/** "injected (sidecar mode, native sidecars, platform kubernetes)". */
export function describeVerdict(decision: Decision, paint: Paint): string {
  if (decision.verdict === "rejected") return paint("red", "refused");
  if (decision.verdict === "unchanged") return "unchanged";
  const how = [
    decision.mode === undefined ? "" : `${decision.mode} mode`,
    decision.sidecar === undefined ? "" : `${decision.sidecar} sidecar`,
    decision.platform === undefined ? "" : `platform ${decision.platform}`,
  ].filter((part) => part !== "");
  return `${paint("green", "injected")}${how.length === 0 ? "" : ` (${how.join(", ")})`}`;
}

export interface Entry {
  readonly head: string;
  /** Further lines beside the head, and lines below them all. */
  readonly more?: readonly string[];
  readonly body?: readonly string[];
}

function writeEntry({ head, more = [], body = [] }: Entry): string {
  const lines = [head, ...more].map((text) => wrapText(text, "      ").replace(/^ {6}/, "    "));
  return lines.join("") + body.map((text) => wrapText(text, "        ")).join("");
}

function isOfPlatform(code: Finding["code"]): boolean {
  return ["platform-found", "platform-layout", "sidecar-kind", "instance-size", "zones-ordered"].includes(
    code,
  );
}

function levelOf({ code }: Finding): string {
  return reasonInfo(code).level;
}

function entriesOf(findings: readonly Finding[]): Entry[] {
  return [...new Set(findings.map(({ message }) => message))].map((message) => ({ head: message }));
}

function describeVolume({ volume, code, message, title, refersTo, client }: VolumeOutcome): Entry {
  const physical = refersTo === undefined ? "" : `, which refers to ${refersTo}`;
  const what = title === undefined ? "" : ` is ${title}${physical}`;
  const served = client === undefined ? "" : `, served by container ${client}`;
  return { head: `${volume}${what}${served} (${code})`, body: [message] };
}

/** Parts that have one reason and origin are told together, and the reason once below them. */
function describeChanges(decision: Decision, before: Pod): Entry[] {
  const parts = describeEdits(before, decision.edits);
  return [...new Set(parts.map(({ why }) => why))].map((reason) => {
    const together = parts.filter(({ why }) => why === reason);
    const [first, ...rest] = together.map(({ what, details }) =>
      details === undefined ? what : `${what}: ${details}`,
    );
    return { head: first ?? "", more: rest, body: [reason] };
  });
}

/** The node affinity that comes out, where the pod has one of its own; else the findings tell all of it. */
function describeWhole(decision: Decision, before: Pod): Entry[] {
  if (decision.verdict !== "injected" || before.spec?.affinity?.nodeAffinity === undefined) return [];
  return [{ head: "with the pod's own, its node affinity becomes", body: describeAffinity(decision.pod) }];
}
