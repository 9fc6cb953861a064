import type { ControllerMetrics } from "../telemetry/controller-metrics.ts";
import type { Log } from "../telemetry/log.ts";
import type { WorkOutcome } from "./work-queue.ts";

/** From how many failures in a row on somebody should know of them. */
const worthTelling = 3;

/** Counts what came of a look at an object, and logs what failed. */
export function tellOutcome(
  controller: string,
  key: string,
  outcome: WorkOutcome,
  log: Log,
  metrics: ControllerMetrics,
): void {
  const result = "done" in outcome ? outcome.done.result : "failure";
  metrics.countWork(controller, result, outcome.ms / 1_000);
  if ("done" in outcome) return;
  const level = outcome.failures < worthTelling ? "info" : "warn";
  log[level]({ controller, key, failures: outcome.failures }, outcome.failure);
}
