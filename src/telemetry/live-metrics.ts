import { Counter, Gauge, type Registry } from "prom-client";
import { createWatchMetrics, setTotal, type WatchMetrics } from "./watch-metrics.ts";

/** Metrics that only a server on a live cluster has. */
export interface LiveMetrics extends WatchMetrics {
  /** How many objects were read past the watch since the start, by what that came to. */
  setLiveReads(counts: object): void;
  setAuthorityExpiry(notAfter: Date): void;
  /** Something that was done by itself for the certificates or the caBundle. */
  countCertificateAction(action: string): void;
  /** The one of `states` that holds now. */
  setRegistration(state: string, states: readonly string[]): void;
}

/** Defines the metrics of a live cluster in `registers`. */
export function createLiveMetrics(registers: Registry[]): LiveMetrics {
  const liveReads = new Counter({
    name: "sluice_live_reads_total",
    help: "Objects read past the watch before a refusal, by what that came to.",
    labelNames: ["result"],
    registers,
  });
  const authorityExpiry = new Gauge({
    name: "sluice_authority_expiry_timestamp_seconds",
    help: "When the authority that signs the serving certificate expires, in seconds since 1970.",
    registers,
  });
  const actions = new Counter({
    name: "sluice_certificate_actions_total",
    help: "What was done by itself for certificates and caBundle, such as bundle-repaired.",
    labelNames: ["action"],
    registers,
  });
  const registration = new Gauge({
    name: "sluice_registration_state",
    help: "1 for the state of the MutatingWebhookConfiguration: trusted, distrusted, missing or unknown.",
    labelNames: ["state"],
    registers,
  });
  return {
    ...createWatchMetrics(registers),
    setLiveReads: (counts) => {
      for (const [result, count] of Object.entries(counts)) setTotal(liveReads, { result }, Number(count));
    },
    setAuthorityExpiry: (notAfter) => authorityExpiry.set(notAfter.getTime() / 1000),
    countCertificateAction: (action) => actions.inc({ action }),
    setRegistration: (state, states) => {
      for (const one of states) registration.set({ state: one }, one === state ? 1 : 0);
    },
  };
}
