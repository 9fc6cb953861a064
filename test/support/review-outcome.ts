import type { ReviewOutcome } from "../../src/telemetry/review-outcome.ts";

/** A pod that was injected. */
export const injectedOutcome: ReviewOutcome = {
  uid: "u",
  namespace: "default",
  pod: "p",
  operation: "CREATE",
  verdict: "injected",
  mode: "sidecar",
  code: "injected",
  codes: ["injected"],
  dryRun: false,
  alike: false,
  seconds: 0.003,
};
