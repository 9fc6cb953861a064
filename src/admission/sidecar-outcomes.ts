import type { Resolution } from "../datasets/resolve.ts";
import { serves } from "../pod/client-draft.ts";
import type { ClientPlan } from "../pod/client-plan.ts";
import type { DirectlyServed } from "../pod/serve-late-direct.ts";
import { byVolume, type ServedVolume } from "../pod/served-volume.ts";
import type { VolumeOutcome } from "./decision.ts";
import { titleOf, volumeOutcomes } from "./volume-outcomes.ts";

/**
 * What became of each volume where clients in the pod serve. `servedBefore`: by clients that were there already;
 * `plans`: those of this call; `unmounted`: claims whose volume no container mounts, by name.
 */
export function sidecarOutcomes(
  resolution: Resolution,
  servedBefore: readonly (ServedVolume | DirectlyServed)[],
  plans: readonly ClientPlan[],
  unmounted: ReadonlySet<string> = new Set(),
): VolumeOutcome[] {
  const there = byVolume(servedBefore);
  return volumeOutcomes(resolution.volumes, (volume, dataset) => {
    const claim = dataset.claim.name;
    const plan = plans.find((candidate) => serves(candidate, claim));
    if (plan === undefined || unmounted.has(claim))
      return {
        code: "not-mounted",
        message: `${titleOf(dataset)}: no container mounts volume ${volume}`,
      };
    const kind = `${plan.native ? "native" : "classic"} sidecar ${plan.name}`;
    const message = `${titleOf(dataset)} (${dataset.runtime}) is served by ${kind}`;
    return { code: "injected", message, client: plan.name };
  }).map((outcome) => {
    const known = there.get(outcome.volume);
    if (known === undefined || outcome.code !== "not-a-claim") return outcome;
    const message = `${known.client}, which is in the pod already, serves volume ${known.volume}`;
    return { ...outcome, code: "already-injected", message, client: known.client };
  });
}
