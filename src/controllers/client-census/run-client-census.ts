import { fluid, juicefs } from "../../admission/labels.ts";
import type { ApiConnection } from "../../cluster/api-connection.ts";
import { followObjects } from "../../cluster/follow-objects.ts";
import type { LiveTiming } from "../../cluster/live-timing.ts";
import { textAt } from "../../cluster/raw-fields.ts";
import type { ResourceStatus } from "../../cluster/resource-sync.ts";
import type { ClientMetrics } from "../../telemetry/client-metrics.ts";
import { countRestarts } from "./count-restarts.ts";
import { type InjectedPod, readInjectedPod } from "./injected-pod.ts";
import { readNodeCaches } from "./node-caches.ts";
import { type CensusFacts, groupOf, takeCensus } from "./take-census.ts";

export interface ClientCensusOptions {
  readonly connection: ApiConnection;
  readonly metrics: ClientMetrics;
  readonly dataset: CensusFacts["dataset"];
  readonly platforms: CensusFacts["platforms"];
  /** Told of each pod with clients when something about them has changed; undefined when it is gone. Must not throw. */
  readonly onPod: (key: string, pod: InjectedPod | undefined) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onProblem: (resource: string, problem: string | undefined) => void;
  readonly timing?: Partial<LiveTiming> | undefined;
}

/** The census, once it runs. */
export interface RunningClientCensus {
  /** Sets the metrics to what there is now; leaves them as they are until all pods and nodes have been read once. */
  readonly count: () => void;
  readonly status: () => readonly ResourceStatus[];
  /** Resolves when the signal has ended it. */
  readonly ended: Promise<unknown>;
}

const pods = { kind: "Pod", group: "", version: "v1", plural: "pods", namespaced: true };
const nodes = { kind: "Node", group: "", version: "v1", plural: "nodes", namespaced: false };
/** Admission marks each pod that it gives clients by one of these, or both; those with both are found by the first. */
const marks = [{ mark: fluid.done }, { mark: juicefs.done, otherThan: fluid.done }];

/** Counts the clients in the cluster's pods until `signal` ends it. */
export function runClientCensus(options: ClientCensusOptions, signal: AbortSignal): RunningClientCensus {
  const { metrics } = options;
  const caches = followObjects(
    {
      ...options,
      resource: nodes,
      project: readNodeCaches,
      onChange: () => undefined,
      onProblem: (problem) => options.onProblem("nodes", problem),
    },
    signal,
  );
  const facts: CensusFacts = { ...options, caches: (node) => caches.get(`/${node}`) };
  const followed = marks.map(({ mark, otherThan }) => {
    const tellRestarts = countRestarts({
      onRestarts: (pod, client, times) => metrics.countClientRestarts(groupOf(pod, client, facts), times),
      onOomKill: (pod, client) => metrics.countClientOomKill(groupOf(pod, client, facts)),
    });
    const found = followObjects<InjectedPod>(
      {
        ...options,
        resource: { ...pods, labelSelector: `${mark}=true` },
        project: (raw) =>
          otherThan !== undefined && textAt(raw, "metadata", "labels", otherThan) === "true"
            ? undefined
            : readInjectedPod(raw),
        onChange: (key) => {
          const pod = found.get(key);
          tellRestarts(key, pod);
          options.onPod(key, pod);
        },
        onProblem: (problem) => options.onProblem(`pods with ${mark}`, problem),
      },
      signal,
    );
    return found;
  });
  const all = [...followed, caches];
  let complete = false;
  const synced = Promise.all(all.map((one) => one.synced)).then(() => {
    complete = true;
  });
  return {
    count: () => {
      if (!complete) return;
      const injected = followed.flatMap((found) => [...found.entries()].map(([, pod]) => pod));
      metrics.setCensus(takeCensus(injected, facts));
    },
    status: () => all.map((one) => one.status()),
    ended: Promise.all([synced, ...all.map(({ ended }) => ended)]),
  };
}
