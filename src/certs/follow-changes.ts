import { RetryPause } from "../cluster/retry-pause.ts";

const timing = { firstPause: 250, longestPause: 30_000, longestPauseUnreachable: 500 };
const healthyMs = 10_000;

/**
 * Keeps a watch open until `signal` ends it, through every way it may end. For a watch that only makes things faster:
 * that it fails is told nowhere, for looking every now and then finds and tells the same.
 */
export async function followChanges(
  watch: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const pause = new RetryPause(timing);
  while (!signal.aborted) {
    const begun = performance.now();
    await watch(signal).catch(() => undefined);
    if (performance.now() - begun >= healthyMs) pause.reset();
    await pause.wait(signal);
  }
}
