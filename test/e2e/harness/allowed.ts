import { availableParallelism, loadavg } from "node:os";

/**
 * What a time limit comes to on a machine that may stand still for a moment and has other work besides: the limit and
 * two seconds, times the processes that wait for each CPU.
 */
export function allowed(limitSeconds: number): number {
  return (limitSeconds + 2) * machineLoad();
}

/** Processes that run or wait for each CPU, on average of the last minute; at least one. */
export function machineLoad(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}
