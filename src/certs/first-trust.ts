import { aborted } from "./aborted.ts";
import type { CaBundleKeeper } from "./ca-bundle-keeper.ts";

/**
 * Waits until the API server trusts what is served, before a replica is ready for the first time. A registration that
 * is missing is waited for `missingMs` milliseconds only: nobody calls us then, and replicas that are never ready
 * would hold up the draining of nodes. Ends early with `signal`.
 */
export async function firstTrust(
  keeper: Pick<CaBundleKeeper, "state" | "changed">,
  missingMs: number,
  signal: AbortSignal,
): Promise<void> {
  const late = AbortSignal.timeout(missingMs);
  while (!signal.aborted && keeper.state !== "trusted" && !(late.aborted && keeper.state === "missing")) {
    const interrupted = late.aborted ? signal : AbortSignal.any([late, signal]);
    await Promise.race([keeper.changed(), aborted(interrupted)]);
  }
}
