import { Gauge, type Registry } from "prom-client";

/** Pods without the clients that they ask for; each word is one of a few. */
export interface MissedCount {
  /** "Deployment", "Job", …, "other", or "none" for a pod that nobody makes again. */
  readonly madeBy: string;
  /** What would become of them if they were created now: "injected" or "refused". */
  readonly fate: string;
  readonly count: number;
}

export interface AuditedPods {
  /** How many were looked at. */
  readonly looked: number;
  /** How many namespaces may not be looked at. */
  readonly unread: number;
  /** Seconds since 1970. */
  readonly at: number;
}

/** Metrics of the pods that slipped through. */
export interface MissedMetrics {
  /** Takes the place of what was set before. */
  setMissedPods(counts: readonly MissedCount[], audited: AuditedPods): void;
  /** Nobody here knows any more. */
  forgetMissedPods(): void;
}

/** Defines the metrics of missed pods in `registers`. */
export function createMissedMetrics(registers: Registry[]): MissedMetrics {
  const missed = new Gauge({
    name: "sluice_missed_pods",
    help: "Pods that ask for datasets and run without a client, by who made them and what they would be if they were created now.",
    labelNames: ["made_by", "fate"],
    registers,
  });
  const looked = new Gauge({
    name: "sluice_audited_pods",
    help: "Pods that were looked at when those without their clients were counted last.",
    registers,
  });
  const unread = new Gauge({
    name: "sluice_unaudited_namespaces",
    help: "Namespaces whose pods may not be listed, so that they were not looked at.",
    registers,
  });
  const at = new Gauge({
    name: "sluice_audit_timestamp_seconds",
    help: "When pods without their clients were counted last.",
    registers,
  });
  return {
    setMissedPods: (counts, audited) => {
      missed.reset();
      for (const { madeBy, fate, count } of counts) missed.set({ made_by: madeBy, fate }, count);
      looked.set(audited.looked);
      unread.set(audited.unread);
      at.set(audited.at);
    },
    forgetMissedPods: () => {
      for (const gauge of [missed, looked, unread]) gauge.reset();
    },
  };
}
