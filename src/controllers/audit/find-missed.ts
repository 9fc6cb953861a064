import type { ApiConnection } from "../../cluster/api-connection.ts";
import type { ClusterView } from "../../cluster/cluster-view.ts";
import type { Config } from "../../config.ts";
import { type Findings, findPods } from "./find-pods.ts";
import { judgeMissed, type MissedPod } from "./missed-pod.ts";

export interface FindMissedOptions {
  readonly connection: ApiConnection;
  readonly view: ClusterView;
  readonly config: Config;
  /** All of them where it is left out. */
  readonly namespaces?: readonly string[] | undefined;
}

/** The pods that slipped through. Throws as `findPods`. */
export function findMissed(
  { connection, view, config, namespaces }: FindMissedOptions,
  signal: AbortSignal,
): Promise<Findings<MissedPod>> {
  return findPods({ connection, namespaces, judge: (raw) => judgeMissed(raw, view, config) }, signal);
}
