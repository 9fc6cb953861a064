import type { Facts } from "./facts.ts";

/** `warning`: works, but not as it could, or could not be looked at. `error`: does not work. */
export type CheckLevel = "ok" | "warning" | "error";

/** What one check came to. */
export interface CheckResult {
  /** "caBundle". */
  readonly check: string;
  readonly level: CheckLevel;
  readonly message: string;
  /** What to do; always there unless the level is `ok`. */
  readonly remedy?: string;
  /** What else was found, after `message`. */
  readonly details?: readonly string[];
}

/** Looks at one concern; undefined where it cannot matter, such as the order of webhooks when ours is not there. */
export type Check = (facts: Facts) => CheckResult | undefined;

/** A result without the name of its check. */
export type Finding = Omit<CheckResult, "check">;

/** All is well. */
export function ok(message: string, details?: readonly string[]): Finding {
  return { level: "ok", message, ...(details === undefined ? {} : { details }) };
}

/** It works, but not as it could, or could not be looked at. */
export function warning(message: string, remedy: string, details?: readonly string[]): Finding {
  return { level: "warning", message, remedy, ...(details === undefined ? {} : { details }) };
}

/** It does not work. */
export function error(message: string, remedy: string, details?: readonly string[]): Finding {
  return { level: "error", message, remedy, ...(details === undefined ? {} : { details }) };
}

/** For what could not be read: whether it is well is not known. */
export function unread(what: string, problem: string): Finding {
  return warning(`${what} cannot be read: ${problem}`, "check with a kubeconfig that may read it");
}

/** What asking a replica needs, for where it fails. */
export function portForwardRemedy(namespace: string): string {
  return `asking needs get and create on pods/portforward in ${namespace}, and kubelets that the API server reaches`;
}

/** One finding for several of the same kind: the first of the worst, and all others as its details. */
export function worst(findings: readonly Finding[], otherwise: Finding): Finding {
  const first = findings.find(({ level }) => level === "error") ?? findings[0];
  if (first === undefined) return otherwise;
  const others = findings.filter((finding) => finding !== first).map(({ message }) => message);
  return others.length === 0 ? first : { ...first, details: [...(first.details ?? []), ...others] };
}
