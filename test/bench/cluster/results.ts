import type { Company } from "./company.ts";
import type { CreationRow } from "./creations.ts";
import type { Rollouts } from "./rollout.ts";
import type { ScaleRow } from "./scale.ts";

/** All that one run found. */
export interface Results {
  readonly kubernetes: string;
  readonly creations: readonly CreationRow[];
  readonly rollouts: Rollouts;
  /** Undefined where controllers and console could not be installed. */
  readonly company: Company | undefined;
  readonly scale: readonly ScaleRow[];
}
