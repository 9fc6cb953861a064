import type { ClusterInventory } from "../cluster/cluster-inventory.ts";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { RawObject } from "../cluster/raw-fields.ts";
import type { PodEvent, Stale, WhyAnswer } from "./api-types.ts";
import type { ClaimJudgement } from "./datasets.ts";
import type { Missed } from "./pod-rows.ts";
import type { PodSource } from "./pods.ts";
import type { Refusal } from "./read-events.ts";

/** All that the console shows comes from here: a live cluster, or a folder of manifests. */
export interface ConsoleData {
  readonly source: "cluster" | "folder";
  readonly view: ClusterView;
  readonly inventory: ClusterInventory;
  /** Name of the JuiceFS CSI driver. */
  readonly driver: string;
  readonly pods: PodSource;
  /** Undefined where all is known as it is now. */
  stale(): Stale | undefined;
  /** An object as it is stored now; undefined where there is none. Throws `ApiError`. */
  readObject(place: NamedObject): Promise<RawObject | undefined>;
  /** Throws `ApiError`. */
  podEvents(namespace: string, name: string, uid: string): Promise<readonly PodEvent[]>;
  /** Throws `ApiError`. */
  refusals(): Promise<readonly Refusal[]>;
  readonly decisions: Decisions;
}

/** What admission would do, by the very code of admission. */
export interface Decisions {
  judgeMissed(raw: RawObject): Missed | undefined;
  judgeClaim(namespace: string, claim: string): ClaimJudgement;
  /** The namespaces of a manifest's objects. Throws `ConsoleProblem` 400 with what cannot be read. */
  namespacesOf(manifest: string, namespace: string): readonly string[];
  /** One answer for each object. `nodes`: whether nodes may be told. Throws `ConsoleProblem` 400. */
  why(manifest: string, namespace: string, nodes: boolean): readonly WhyAnswer[];
}

/** One of the kinds that have pods. */
export interface NamedObject {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

/** Where the kinds that can be asked about are in the API. */
export const workloads = {
  Pod: { group: "", version: "v1", plural: "pods" },
  ReplicationController: { group: "", version: "v1", plural: "replicationcontrollers" },
  Deployment: { group: "apps", version: "v1", plural: "deployments" },
  ReplicaSet: { group: "apps", version: "v1", plural: "replicasets" },
  StatefulSet: { group: "apps", version: "v1", plural: "statefulsets" },
  DaemonSet: { group: "apps", version: "v1", plural: "daemonsets" },
  Job: { group: "batch", version: "v1", plural: "jobs" },
  CronJob: { group: "batch", version: "v1", plural: "cronjobs" },
} as const;
export type WorkloadKind = keyof typeof workloads;
