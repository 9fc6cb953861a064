import type { ClusterView } from "../cluster/cluster-view.ts";
import type { Config } from "../config.ts";
import type { Decision } from "./decision.ts";
import type { PodRequest } from "./pod-request.ts";

/** Decides about one pod. Pure and synchronous; throws only where Sluice itself is at fault. */
export function decide(request: PodRequest, _cluster: ClusterView, _config: Config): Decision {
  return {
    verdict: "unchanged",
    volumes: [],
    findings: [{ code: "not-opted-in", message: "nothing is decided yet" }],
    edits: [],
    pod: request.object as Decision["pod"],
  };
}
