import type { Pod } from "kubernetes-types/core/v1";
import { decide } from "../../admission/decide.ts";
import type { Decision } from "../../admission/decision.ts";
import { creationOf } from "../../admission/pod-request.ts";
import type { ClusterView } from "../../cluster/cluster-view.ts";
import type { Config } from "../../config.ts";

/** What decisions rest on, as it is now. */
export interface DecidingState {
  readonly view: ClusterView;
  readonly config: Config;
}

/** What would be decided if the pod were created now. `fromTemplate`: it has not been through the API server yet. */
export function decideNow(
  pod: Pod,
  namespace: string,
  fromTemplate: boolean,
  { view, config }: DecidingState,
): Decision {
  return decide(creationOf(pod, namespace, fromTemplate), view, config);
}
