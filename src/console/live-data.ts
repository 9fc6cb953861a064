import type { ApiConnection } from "../cluster/api-connection.ts";
import { followObjects } from "../cluster/follow-objects.ts";
import type { LiveCluster } from "../cluster/live-cluster-options.ts";
import type { LiveTiming } from "../cluster/live-timing.ts";
import type { ResourceStatus } from "../cluster/resource-sync.ts";
import { sharingReader } from "./alike-parts.ts";
import type { Stale } from "./api-types.ts";
import type { ConsoleData, Decisions } from "./console-data.ts";
import { readNamed, readNode, readSome } from "./live-reads.ts";
import { readPodEvents, readRefusals } from "./read-events.ts";

export interface LiveDataOptions {
  readonly cluster: LiveCluster;
  readonly connection: ApiConnection;
  /** Name of the JuiceFS CSI driver. */
  readonly driver: string;
  readonly decisions: Decisions;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onProblem: (problem: string | undefined) => void;
  readonly timing?: Partial<LiveTiming> | undefined;
}

export interface LiveData extends ConsoleData {
  /** Resolves when all pods have been read once. */
  readonly synced: Promise<void>;
  readonly ended: Promise<void>;
  status(): readonly ResourceStatus[];
  /** When anything last arrived, in milliseconds since 1970. */
  lastContact(): number | undefined;
}

export const podsResource = { kind: "Pod", group: "", version: "v1", plural: "pods", namespaced: true };

/** A live cluster, whose pods are followed until `signal` ends it. */
export function openLiveData(options: LiveDataOptions, signal: AbortSignal): LiveData {
  const { cluster, connection, driver, decisions, now, onProblem, timing } = options;
  let revision = 0;
  const pods = followObjects(
    {
      connection,
      resource: podsResource,
      project: sharingReader((raw) => decisions.judgeMissed(raw)),
      onChange: () => {
        revision += 1;
      },
      onProblem,
      now,
      timing,
    },
    signal,
  );
  const status = () => [...cluster.status().resources, pods.status()];
  return {
    source: "cluster",
    view: cluster.view,
    inventory: cluster.inventory,
    driver,
    decisions,
    pods: {
      entries: () => pods.entries(),
      get revision() {
        return revision;
      },
    },
    stale: () => staleOf(status()),
    readObject: (place) => readNamed(connection, place),
    readNode: (name) => readNode(connection, name),
    readSome: (kind, namespace, query) => readSome(connection, kind, namespace, query),
    podEvents: (namespace, name, uid) => readPodEvents(connection, namespace, name, uid),
    refusals: () => readRefusals(connection),
    synced: pods.synced,
    ended: pods.ended,
    status,
    lastContact: () => newestContact(status()),
  };
}

/** What cannot be read now, and since when; undefined where all is followed. */
function staleOf(resources: readonly ResourceStatus[]): Stale | undefined {
  const failing = resources.filter(({ state }) => state === "failing");
  const [first] = failing;
  if (first === undefined) return undefined;
  const since = newestContact(failing);
  return {
    problem: first.problem ?? `${first.resource} cannot be read`,
    ...(since !== undefined && { since: new Date(since).toISOString() }),
  };
}

function newestContact(resources: readonly ResourceStatus[]): number | undefined {
  const times = resources.flatMap(({ lastContact }) => lastContact ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}
