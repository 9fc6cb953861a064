import type { ClusterInventory } from "../cluster/cluster-inventory.ts";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { RawObject } from "../cluster/raw-fields.ts";
import type { NamedWorkload, WorkloadKind } from "../cluster/workload-kinds.ts";
import type { PodEvent, Stale, WhyAnswer } from "./api-types.ts";
import type { ClaimJudgement } from "./datasets.ts";
import type { SomeObjects } from "./live-reads.ts";
import type { Missed } from "./pod-record.ts";
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
  readObject(place: NamedWorkload): Promise<RawObject | undefined>;
  /** Throws `ApiError`. */
  readNode(name: string): Promise<RawObject | undefined>;
  /** Of a namespace's objects the first ones that `query` selects. Throws `ApiError`. */
  readSome(
    kind: WorkloadKind,
    namespace: string,
    query: Readonly<Record<string, string>>,
  ): Promise<SomeObjects>;
  /** The newest first. Throws `ApiError`. */
  podEvents(namespace: string, name: string, uid: string): Promise<readonly PodEvent[]>;
  /** Throws `ApiError`. */
  refusals(): Promise<readonly Refusal[]>;
  readonly decisions: Decisions;
}

/** Reads of the cluster what whoever asks may see. */
export interface NamedReads {
  /** What was not seen, and why. */
  readonly unseen: readonly string[];
  tellUnseen(what: string): void;
  /** Undefined where it is gone or not seen. */
  node(name: string): Promise<RawObject | undefined>;
  /** Messages of the pod's Warning Events, the newest last. */
  warnings(namespace: string, name: string, uid: string): Promise<readonly string[]>;
  /** Those that have not ended. */
  pods(namespace: string, labelSelector: string): Promise<readonly RawObject[]>;
  jobs(namespace: string): Promise<readonly RawObject[]>;
}

/** What admission would do, by the very code of admission. */
export interface Decisions {
  judgeMissed(raw: RawObject): Missed | undefined;
  judgeClaim(namespace: string, claim: string): ClaimJudgement;
  /** `namespace`: of objects that state none. Throws `ConsoleProblem` 400 with what cannot be read. */
  readManifest(manifest: string, namespace: string): AskedManifest;
  /** How an object of the cluster stands, against what would be decided now. Throws `ConsoleProblem` 400. */
  whyNamed(place: NamedWorkload, raw: RawObject, reads: NamedReads, nodes: boolean): Promise<WhyAnswer>;
}

/** A manifest that somebody asks about. */
export interface AskedManifest {
  /** Those of its objects. */
  readonly namespaces: readonly string[];
  /** One answer for each object. `nodes`: whether nodes may be told. Throws `ConsoleProblem` 400. */
  why(nodes: boolean): readonly WhyAnswer[];
}
