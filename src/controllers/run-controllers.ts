import type { ApiConnection } from "../cluster/api-connection.ts";
import { fluidGroup } from "../cluster/api-resources.ts";
import type { ClusterWriter } from "../cluster/cluster-writer.ts";
import { type FollowedObjects, followObjects } from "../cluster/follow-objects.ts";
import type { LiveTiming } from "../cluster/live-timing.ts";
import type { RawObject } from "../cluster/raw-fields.ts";
import type { ResourceStatus } from "../cluster/resource-sync.ts";
import type { ReferenceRules } from "../datasets/fluid/find-referred.ts";
import { controllersLabel } from "../pod/end-sign.ts";
import type { ControllerMetrics } from "../telemetry/controller-metrics.ts";
import type { Log } from "../telemetry/log.ts";
import { type AuditOptions, runAudit } from "./audit/run-audit.ts";
import { type DataLoadState, readDataLoadState, readDatasetState } from "./cache-wait/dataset-state.ts";
import type { CacheFacts } from "./cache-wait/judge-cache.ts";
import { openGates } from "./cache-wait/open-gates.ts";
import { readDatasetRuntime } from "./client-census/dataset-runtime.ts";
import { runClientCensus } from "./client-census/run-client-census.ts";
import { tellOfClients } from "./client-census/tell-of-clients.ts";
import type { Controller } from "./controller.ts";
import { controllerQueue, type OnDone } from "./controller-queue.ts";
import { copyObjects } from "./copy-objects/copy-objects.ts";
import { endClients } from "./end-clients/end-clients.ts";
import { EventWriter } from "./event-writer.ts";
import { runJuicefsSecrets } from "./juicefs-secrets/run-juicefs-secrets.ts";
import { limitedWriter } from "./limited-writer.ts";
import { RateLimit } from "./rate-limit.ts";
import { tellOutcome } from "./tell-outcome.ts";
import { readWatchedPod, type WatchedPod } from "./watched-pod.ts";
import type { WorkQueue } from "./work-queue.ts";

export interface ControllersOptions {
  readonly connection: ApiConnection;
  readonly writer: ClusterWriter;
  /** Names of containers that accompany an app and are not waited for. */
  readonly sidecars: ReadonlySet<string>;
  /** Who may refer to whose Dataset. */
  readonly references: ReferenceRules;
  /** Between which namespaces ConfigMaps and Secrets of clients may be copied; left out or empty: none are. */
  readonly copies?: { readonly from: readonly string[]; readonly to: readonly string[] } | undefined;
  /** Whose Secrets are prepared, and where is written down what admission may know of them; left out, none are. */
  readonly juicefs?: { readonly driver: string; readonly factsNamespace: string } | undefined;
  /** Names of the platforms that there are. */
  readonly platforms: ReadonlySet<string>;
  /** By what pods that slipped through are known; left out, none are looked for. */
  readonly audit?: Pick<AuditOptions, "access" | "config"> | undefined;
  /** Of this process, for Events. */
  readonly instance: string;
  readonly log: Log;
  readonly metrics: ControllerMetrics;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set. */
  readonly elapsed: () => number;
  /** Told what stands in the way of reading a resource, and undefined when nothing does any more. */
  readonly onProblem: (resource: string, problem: string | undefined) => void;
  readonly timing?: Partial<LiveTiming> | undefined;
}

/** What is being done, for metrics and readiness. */
export interface ControllersStatus {
  /** Undefined as long as everything has yet to be read once; then when that was, in milliseconds since 1970. */
  readonly readyAt: number | undefined;
  readonly resources: readonly ResourceStatus[];
}

const podsResource = {
  kind: "Pod",
  group: "",
  version: "v1",
  plural: "pods",
  namespaced: true,
  labelSelector: `${controllersLabel}=true`,
};
const ofFluid = { group: fluidGroup, version: "v1alpha1", namespaced: true };
const datasetsResource = { ...ofFluid, kind: "Dataset", plural: "datasets" };
const dataLoadsResource = { ...ofFluid, kind: "DataLoad", plural: "dataloads" };

const workers = 8;
// The end of a Job costs two calls: a thousand that end at once are done in 40 s, and nobody else has to wait for them.
const callsPerSecond = 50;
const burst = 100;
const eventCallsPerSecond = 20;
const eventBurst = 100;

/**
 * Does all background work until `signal` ends it, which is when this process is no longer the leader. `onStatus` is
 * given a function that tells how it is doing.
 */
export async function runControllers(
  options: ControllersOptions,
  onStatus: (status: () => ControllersStatus) => void,
  signal: AbortSignal,
): Promise<void> {
  const { elapsed, log, metrics, now, instance } = options;
  const limit = new RateLimit({ perSecond: callsPerSecond, burst, elapsed });
  const writer = limitedWriter(options.writer, limit, signal);
  const onDone: OnDone = (controller, key, outcome) => tellOutcome(controller, key, outcome, log, metrics);
  const queues = new Map<Controller, WorkQueue>();
  // None before its start: then it looks at all there is.
  const addTo = (controller: Controller, key: string) => queues.get(controller)?.add(key);

  const follow = <Kept>(
    resource: typeof podsResource | typeof datasetsResource,
    project: Parameters<typeof followObjects<Kept>>[0]["project"],
    onChange: (key: string) => void,
  ) =>
    followObjects<Kept>(
      {
        ...options,
        resource,
        project,
        onChange,
        onProblem: (problem) => options.onProblem(resource.plural, problem),
      },
      signal,
    );
  const pods = follow<WatchedPod>(
    podsResource,
    (raw) => readWatchedPod(raw, options.sidecars),
    (key) => {
      addTo(ends, key);
      addTo(gates, key);
    },
  );
  const addWaiting = (concerns: (wait: WaitFor) => boolean) => {
    for (const [key, { gate }] of pods.entries()) if (gate && concerns(gate.wait)) addTo(gates, key);
  };
  const readDataset = (raw: RawObject) => ({ ...readDatasetState(raw), ...readDatasetRuntime(raw) });
  const datasets = follow(datasetsResource, readDataset, (key) => {
    addWaiting((wait) => wait?.share === undefined || wait.datasets.includes(key));
    if (copies !== undefined) addTo(copies, key);
  });
  const dataLoads = follow(dataLoadsResource, readDataLoadState, () =>
    addWaiting((wait) => wait?.share === undefined),
  );

  const podWork = { pods, writer, log, now };
  const eventLimit = new RateLimit({ perSecond: eventCallsPerSecond, burst: eventBurst, elapsed });
  const events = new EventWriter({
    writer: limitedWriter(options.writer, eventLimit, signal),
    log,
    instance,
    now,
    signal,
    onDone: (result) => metrics.countEvent(result),
  });
  const ends: Controller = endClients({
    ...podWork,
    events,
    onLag: (ms) => metrics.observeEndLag(ms / 1_000),
  });
  const gates: Controller = openGates({
    ...podWork,
    events,
    facts: factsOf(datasets, dataLoads, options.references),
  });
  const isReference = (key: string) => datasets.get(key)?.refersTo !== undefined;
  const { from = [], to = [] } = options.copies ?? {};
  const copies: Controller | undefined =
    from.length === 0 || to.length === 0
      ? undefined
      : copyObjects({ isReference, writer, events, log, from, to });

  const start = (controller: Controller, keys: Iterable<readonly [string, unknown]>) => {
    const queue = controllerQueue(controller, workers, { elapsed, onDone });
    queues.set(controller, queue);
    for (const [key] of keys) queue.add(key);
  };
  const secrets =
    options.juicefs && runJuicefsSecrets({ ...options, ...options.juicefs, writer, events, onDone }, signal);
  const census = runClientCensus(
    {
      ...options,
      dataset: (name) => datasets.get(name),
      onPod: (key, pod) => tellOfClients(key, pod, events, now()),
    },
    signal,
  );
  const audit = options.audit && runAudit({ ...options, ...options.audit, writer, events, onDone }, signal);
  let readyAt: number | undefined;
  const ready = pods.synced
    .then(() => start(ends, pods.entries()))
    // Who waits is not told that a Dataset does not exist only because it has not been read yet.
    .then(() => Promise.all([datasets.synced, dataLoads.synced]))
    .then(() => {
      start(gates, pods.entries());
      if (copies !== undefined) start(copies, datasets.entries());
      return secrets?.synced;
    })
    .then(() => {
      readyAt = now();
    });
  onStatus(() => {
    for (const [{ name }, queue] of queues) metrics.setQueueDepth(name, queue.depth);
    if (secrets !== undefined) metrics.setQueueDepth(secrets.name, secrets.depth());
    if (audit !== undefined) metrics.setQueueDepth(audit.name, audit.depth());
    metrics.setWaitingPods([...pods.entries()].filter(([, { gate }]) => gate !== undefined).length);
    census.count();
    const followed = [pods, datasets, dataLoads].map((one) => one.status());
    return {
      readyAt,
      resources: [...followed, ...census.status(), ...(secrets?.status() ?? []), ...(audit?.status() ?? [])],
    };
  });

  await Promise.all([
    pods.ended,
    datasets.ended,
    dataLoads.ended,
    census.ended,
    ready,
    secrets?.ended,
    audit?.ended,
  ]);
  await Promise.all([...queues.values()].map((queue) => queue.close()));
}

type WaitFor = NonNullable<WatchedPod["gate"]>["wait"];

function factsOf(
  datasets: Pick<FollowedObjects<ReturnType<typeof readDatasetState>>, "get">,
  dataLoads: Pick<FollowedObjects<DataLoadState>, "entries">,
  references: ReferenceRules,
): CacheFacts {
  return {
    references,
    dataset: (name) => datasets.get(name),
    dataLoads: (name) =>
      [...dataLoads.entries()].flatMap(([, load]) => (load.dataset === name ? [load] : [])),
  };
}
