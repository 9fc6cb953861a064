import type { CreationRow } from "./creations.ts";
import type { Rollouts } from "./rollout.ts";
import type { ScaleRow } from "./scale.ts";

/** All that one run found. */
export interface Results {
  readonly kubernetes: string;
  readonly creations: readonly CreationRow[];
  readonly rollouts: Rollouts;
  readonly scale: readonly ScaleRow[];
}
