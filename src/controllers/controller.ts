import type { ClusterWriter, ObjectPlace } from "../cluster/cluster-writer.ts";
import type { FollowedObjects } from "../cluster/follow-objects.ts";
import type { Log } from "../telemetry/log.ts";
import type { WatchedPod } from "./watched-pod.ts";
import type { Done } from "./work-queue.ts";

/** One kind of background work. It is told which object to look at, never what has happened to it. */
export interface Controller {
  /** For log and metrics: "end-clients". */
  readonly name: string;
  /** Does what is to be done about the object of that key, as it is now. What it throws is tried again later. */
  work(key: string, signal: AbortSignal): Promise<Done>;
}

/** What the work on pods needs. */
export interface PodWork {
  readonly pods: Pick<FollowedObjects<WatchedPod>, "get">;
  readonly writer: Pick<ClusterWriter, "patch">;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Nothing is to be done about an object. */
export const nothing: Done = { result: "nothing" };

/** The pod of a key "namespace/name". */
export function podPlace(key: string): ObjectPlace & { readonly namespace: string } {
  const slash = key.indexOf("/");
  const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)];
  return { group: "", version: "v1", plural: "pods", namespace, name };
}
