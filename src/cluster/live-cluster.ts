import type { ObjectRef } from "../types/object-ref.ts";
import { ApiConnection } from "./api-connection.ts";
import { ApiDiscovery, type Discovered } from "./api-discovery.ts";
import { type ApiResource, builtInResources, fluidResources, resourceName } from "./api-resources.ts";
import type { ClusterInventory } from "./cluster-inventory.ts";
import type { ClusterView } from "./cluster-view.ts";
import { followJuicefs } from "./follow-juicefs.ts";
import { followPluginProfile } from "./follow-plugin-profile.ts";
import { FreshReads } from "./fresh-reads.ts";
import { loadKubeConfig } from "./kube-config.ts";
import type { LiveCluster, LiveClusterOptions, LiveStatus } from "./live-cluster-options.ts";
import { defaultTiming, type LiveTiming } from "./live-timing.ts";
import { ObjectChanges } from "./object-changes.ts";
import { ObjectStore } from "./object-store.ts";
import { ResourceObjects } from "./resource-objects.ts";
import { ResourceSync } from "./resource-sync.ts";
import { Turns } from "./turns.ts";
import { ValuePool } from "./value-pool.ts";

/** Not everything could be read in time. */
export class LiveClusterError extends Error {
  override readonly name = "LiveClusterError";
}

/**
 * Reads everything that decisions ask for from the API server, and follows its changes from then on. Returns when
 * everything that exists has been read once; from then on no failure makes it forget what it knows. Of Fluid's kinds
 * those are read whose CRDs are installed, also when that changes later.
 *
 * Throws `KubeConfigError` when it is not known how to reach an API server, and `LiveClusterError` when not everything
 * has been read within `startLimit` or `signal` ends it.
 */
export async function openLiveCluster(options: LiveClusterOptions = {}): Promise<LiveCluster> {
  // A kubeconfig that cannot be used is a mistake to be told at once, not a fault to be waited out.
  const first = await loadKubeConfig(options);
  let fresh: typeof first | undefined = first;
  const connection = new ApiConnection(async () => {
    const config = fresh ?? (await loadKubeConfig(options));
    fresh = undefined;
    return config;
  });
  const cluster = new ApiCluster(connection, first.getCurrentCluster()?.server, options);
  try {
    await cluster.open();
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/** A resource that is being followed. */
interface Running {
  readonly sync: ResourceSync;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

class ApiCluster implements LiveCluster {
  readonly #connection: ApiConnection;
  readonly #server: string | undefined;
  readonly #options: LiveClusterOptions;
  readonly #timing: LiveTiming;
  readonly #store = new ObjectStore();
  readonly #places = { store: this.#store, pool: new ValuePool(), changes: new ObjectChanges() };
  /** What is followed from the start to the end. */
  readonly #always: readonly ApiResource[];
  /** By kind; all that could be followed. */
  readonly #syncs = new Map<string, ResourceSync>();
  readonly #running = new Map<string, Running>();
  // Two, so that one page can be on its way while the other is gone through.
  readonly #listTurns = new Turns(2);
  readonly #freshReads: FreshReads;
  readonly #closing = new AbortController();
  readonly #unsynced = new Set<string>();
  readonly #discovery: ApiDiscovery;
  #discovered = false;
  #looking: Promise<void> | undefined;
  #onReady: (() => void) | undefined;

  constructor(connection: ApiConnection, server: string | undefined, options: LiveClusterOptions) {
    this.#connection = connection;
    this.#server = server;
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#discovery = new ApiDiscovery({
      connection,
      timing: this.#timing,
      onLook: (discovered) => this.#apply(discovered),
      onProblem: (problem) => {
        options.onProblem?.("discovery", problem);
        if (problem === undefined) this.#hurry();
      },
    });
    this.#always = [
      ...builtInResources,
      ...followPluginProfile(options, this.#places),
      ...followJuicefs(options, this.#places),
    ];
    for (const resource of [...this.#always, ...fluidResources])
      this.#syncs.set(resource.kind, this.#makeSync(resource));
    this.#freshReads = new FreshReads({
      connection,
      view: this.#store,
      changes: this.#places.changes,
      timing: this.#timing,
      syncOf: (kind) => this.#syncs.get(kind),
      exists: (kind) => this.#running.has(kind),
    });
  }

  get view(): ClusterView {
    return this.#store;
  }

  get inventory(): ClusterInventory {
    return this.#store;
  }

  status(): LiveStatus {
    return {
      server: this.#server,
      resources: [...this.#syncs.values()].map((sync) =>
        this.#running.has(sync.resource.kind) ? sync.status : { ...sync.status, state: "absent" },
      ),
      freshReads: this.#freshReads.counts,
    };
  }

  async open(): Promise<void> {
    const { startLimit, signal } = this.#options;
    const ready = new Promise<void>((resolve) => {
      this.#onReady = resolve;
    });
    for (const { kind } of this.#always) this.#start(kind);
    this.#looking = this.#discovery.run(this.#closing.signal);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      if (startLimit !== undefined)
        timer = setTimeout(() => reject(this.#startError(startLimit)), startLimit);
      const stopped = () => reject(new LiveClusterError("reading the cluster was ended before it was done"));
      if (signal?.aborted) stopped();
      signal?.addEventListener("abort", stopped, { once: true });
    });
    try {
      await Promise.race([ready, late]);
    } finally {
      clearTimeout(timer);
      this.#onReady = undefined;
    }
  }

  refresh(refs: readonly ObjectRef[], budgetMs: number): Promise<boolean> {
    if (this.#closing.signal.aborted) return Promise.resolve(false);
    return this.#freshReads.refresh(refs, budgetMs);
  }

  doubts(refs: readonly ObjectRef[]): boolean {
    return this.#freshReads.doubts(refs);
  }

  denied(refs: readonly ObjectRef[]): ObjectRef | undefined {
    return this.#freshReads.denied(refs);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const running = [...this.#running.values()];
    for (const { stop } of running) stop.abort();
    await Promise.all([this.#looking, ...running.map(({ ended }) => ended)]);
    this.#connection.close();
  }

  #makeSync(resource: ApiResource): ResourceSync {
    const { onProblem, now = Date.now } = this.#options;
    const name = resourceName(resource);
    return new ResourceSync(resource, new ResourceObjects(resource, this.#places), this.#connection, {
      timing: this.#timing,
      now,
      listTurns: this.#listTurns,
      events: {
        onSynced: () => this.#synced(resource),
        onProblem: (problem) => {
          onProblem?.(name, problem);
          if (problem === undefined) this.#hurry();
        },
        onMissing: () => this.#discovery.hurry(),
      },
    });
  }

  #start(kind: string): void {
    const sync = this.#syncs.get(kind);
    if (sync === undefined || this.#running.has(kind)) return;
    const stop = new AbortController();
    this.#unsynced.add(kind);
    this.#running.set(kind, { sync, stop, ended: sync.run(stop.signal) });
  }

  /** Its objects are gone with it. What comes next begins with a sync of its own, so that nothing old comes after. */
  #stop(kind: string): void {
    const running = this.#running.get(kind);
    if (running === undefined) return;
    running.stop.abort();
    running.sync.objects.close();
    this.#running.delete(kind);
    this.#unsynced.delete(kind);
    this.#syncs.set(kind, this.#makeSync(running.sync.resource));
  }

  #synced(resource: ApiResource): void {
    this.#unsynced.delete(resource.kind);
    const of = this.#running.size;
    this.#options.onProgress?.({
      resource: resourceName(resource),
      objects: this.#syncs.get(resource.kind)?.objects.size ?? 0,
      synced: of - this.#unsynced.size,
      of,
    });
    this.#checkReady();
  }

  #checkReady(): void {
    if (this.#discovered && this.#unsynced.size === 0) this.#onReady?.();
  }

  /** One of them got an answer again: the others need not wait much longer. */
  #hurry(): void {
    for (const { sync } of this.#running.values()) sync.hurry();
    this.#discovery.hurry();
  }

  /** Begins to follow the kinds that have come, and forgets those that are gone. */
  #apply({ version, kinds }: Discovered): void {
    this.#store.setServerVersion(version);
    for (const { kind } of fluidResources) {
      if (kinds.has(kind) === this.#running.has(kind)) continue;
      if (kinds.has(kind)) this.#start(kind);
      else this.#stop(kind);
      if (this.#discovered) this.#options.onKind?.(kind, kinds.has(kind));
    }
    this.#discovered = true;
    this.#checkReady();
  }

  #startError(limit: number): LiveClusterError {
    const problems = [...this.#running.values()].flatMap(({ sync }) => sync.status.problem ?? []);
    if (this.#discovery.problem !== undefined) problems.push(this.#discovery.problem);
    const unsynced = [...this.#running.values()].filter(({ sync }) => !sync.synced);
    const what = unsynced.map(({ sync }) => resourceName(sync.resource)).join(", ");
    const [first = `still reading ${what}`] = problems;
    const others = problems.length > 1 ? ` (and ${problems.length - 1} more problems)` : "";
    return new LiveClusterError(
      `the API server ${this.#server} could not be read within ${limit / 1_000} s: ${first}${others}`,
    );
  }
}
