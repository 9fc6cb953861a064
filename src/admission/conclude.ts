import type { Pod } from "kubernetes-types/core/v1";
import { type Finding, reasonInfo } from "../types/reason.ts";
import type { Decision, VolumeOutcome } from "./decision.ts";

type Known = Pick<Decision, "mode" | "platform" | "sidecar">;

/** The pod stays as it came. */
export function unchanged(
  pod: Pod,
  findings: readonly Finding[],
  volumes: readonly VolumeOutcome[] = [],
  known: Known = {},
): Decision {
  return { verdict: "unchanged", ...known, volumes, findings: bySeverity(findings), edits: [], pod };
}

/** The pod is refused; every refusal that was found is told at once. */
export function reject(
  pod: Pod,
  findings: readonly Finding[],
  volumes: readonly VolumeOutcome[] = [],
  known: Known = {},
): Decision {
  return { verdict: "rejected", ...known, volumes, findings: bySeverity(findings), edits: [], pod };
}

const severity = { refusal: 0, warning: 1, info: 2 };

/** Refusals, then warnings, then what was done; each in the order in which it was found, and once. */
export function bySeverity(findings: readonly Finding[]): Finding[] {
  const distinct = [
    ...new Map(
      findings.map((finding) => [`${finding.code} ${finding.volume} ${finding.message}`, finding]),
    ).values(),
  ];
  return distinct.sort((a, b) => severity[reasonInfo(a.code).level] - severity[reasonInfo(b.code).level]);
}

/** Whether it alone refuses the pod; in csi mode it is only told. */
export function isRefusal(finding: Finding): boolean {
  return reasonInfo(finding.code).level === "refusal";
}
