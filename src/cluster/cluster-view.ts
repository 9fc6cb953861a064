import type {
  Container,
  LocalObjectReference,
  NodeSelectorRequirement,
  Taint,
  Volume,
} from "kubernetes-types/core/v1";
import type { ObjectRef } from "../types/object-ref.ts";
import type { JuicefsMarks } from "./juicefs-marks.ts";
import type { JuicefsFacts } from "./juicefs-secret.ts";
import type { JuicefsConfig } from "./juicefs-settings.ts";
import type { PluginPipelines } from "./plugin-profile.ts";

/**
 * What admission knows of the cluster. All of it is in memory and answers at once, so that a decision is one
 * synchronous function over one unchanging state. Objects are projections: only the fields that a decision asks for.
 */
export interface ClusterView {
  namespace(name: string): Namespace | undefined;
  claim(namespace: string, name: string): Claim | undefined;
  persistentVolume(name: string): PersistentVolume | undefined;
  /** How many volumes are of this CSI driver. */
  volumesOfDriver(driver: string): number;
  /** Names of this CSI driver's volumes that have this volumeHandle, sorted. It looks through all volumes. */
  volumesWithHandle(driver: string, handle: string): readonly string[];
  storageClass(name: string): StorageClass | undefined;
  dataset(namespace: string, name: string): Dataset | undefined;
  /** `kind` is the runtime's kind, such as "JuiceFSRuntime". */
  runtime(kind: string, namespace: string, name: string): Runtime | undefined;
  clientDaemonSet(namespace: string, name: string): ClientDaemonSet | undefined;
  serviceAccount(namespace: string, name: string): ServiceAccount | undefined;
  /** Fluid's plugin profile; undefined where there is no such ConfigMap. */
  pluginProfile(namespace: string, name: string): PluginProfile | undefined;
  /** The JuiceFS CSI driver's configuration file; undefined where there is no such ConfigMap. */
  juicefsConfig(namespace: string, name: string): JuicefsConfig | undefined;
  /** What is known of a Secret that volumes of the JuiceFS CSI driver name. */
  juicefsSecret(namespace: string, name: string): JuicefsSecret | undefined;
  node(name: string): Node | undefined;
  /** How many nodes are known at all; 0 means that nothing is known of nodes. */
  nodeCount(): number;
  /** How many nodes carry the label `key`, whatever its value. */
  nodesLabelled(key: string): number;
  /** How many nodes carry the label `key` with this value. */
  nodesLabelledWith(key: string, value: string): number;
  /** Whether one of the known nodes is such that `meets` holds; `meets` is asked about nothing but the node. */
  someNode(meets: (node: Node) => boolean): boolean;
  /** The nodes whose kubelet is older than 1.29 or states no readable version (no native sidecars there), sorted by name. */
  nodesWithoutNativeSidecars(): readonly Node[];
  /** The API server's version, where it is known. */
  serverVersion(): KubernetesVersion | undefined;
}

/** A source of `ClusterView`s that stays current by itself. */
export interface Cluster {
  readonly view: ClusterView;
  /**
   * Reads `refs` past the cache and brings `view` up to date with what is found. Where something is missing or not
   * finished yet, it may wait for that. Returns after `budgetMs` milliseconds at the latest, whatever is known by then,
   * and says whether the view has changed; never throws.
   */
  refresh(refs: readonly ObjectRef[], budgetMs: number): Promise<boolean>;
  /** Whether one of `refs` could not be read when that was tried last, so that what is known of it may be wrong. */
  doubts?(refs: readonly ObjectRef[]): boolean;
  /** The first of `refs` that the API server did not let us read when that was tried last, if there is one. */
  denied?(refs: readonly ObjectRef[]): ObjectRef | undefined;
  close(): Promise<void>;
}

export interface KubernetesVersion {
  readonly major: number;
  readonly minor: number;
}

export interface Namespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Claim {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly volumeName?: string;
  readonly storageClassName?: string;
  readonly accessModes: readonly string[];
  /** It has a deletionTimestamp. */
  readonly deleting: boolean;
  /** spec.resources.requests.storage. */
  readonly storage?: string;
  /** Those of its annotations that size a JuiceFS client: anybody who may make claims may write them. */
  readonly clientSizes?: Readonly<Record<string, string>>;
  /** Keys of its other annotations that the JuiceFS CSI driver would follow. */
  readonly unheededAnnotations?: readonly string[];
}

export interface PersistentVolume {
  readonly name: string;
  readonly claimRef?: { readonly namespace: string; readonly name: string; readonly uid?: string };
  readonly accessModes: readonly string[];
  readonly csi?: CsiSource;
  readonly hasNodeAffinity: boolean;
  readonly mountOptions?: readonly string[];
}

/** spec.csi of a PersistentVolume. */
export interface CsiSource {
  readonly driver: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly handle?: string;
  readonly readOnly?: boolean;
  /** Labels and annotations that its attributes ask for, where they do. */
  readonly marks?: JuicefsMarks;
  /** nodePublishSecretRef. */
  readonly secret?: { readonly namespace: string; readonly name: string };
}

export interface StorageClass {
  readonly name: string;
  readonly provisioner: string;
  /** volumeBindingMode is WaitForFirstConsumer. */
  readonly waitsForConsumer: boolean;
}

/** A Secret of the JuiceFS CSI driver's volumes, without its values. */
export interface JuicefsSecret {
  readonly namespace: string;
  readonly name: string;
  /** Absent where there is a problem. */
  readonly facts?: JuicefsFacts;
  /** Why no volume can be mounted with it. */
  readonly problem?: string;
}

/** Fluid's Dataset (data.fluid.io/v1alpha1). */
export interface Dataset {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  /** status.phase, "" when absent. */
  readonly phase: string;
  /** Message of the condition NotReady, if there is one. */
  readonly notReady?: string;
  readonly runtimes: readonly { readonly name: string; readonly namespace: string; readonly type: string }[];
  /** spec.mounts[].mountPoint. */
  readonly mountPoints: readonly string[];
  /** status.cacheStates.cachedPercentage, from 0 to 1; absent where it is not known. */
  readonly cachedPart?: number;
  /** Names of the options in spec.mounts[].options and spec.sharedOptions; absent when they are not known. */
  readonly mountOptions?: readonly string[];
  /** Its annotations that begin with "sluice.io/"; absent when there are none. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One of Fluid's runtimes (AlluxioRuntime, JuiceFSRuntime, …). */
export interface Runtime {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** spec.fuse.nodeSelector. */
  readonly clientNodeSelector: Readonly<Record<string, string>>;
  /** Names of the options in spec.fuse.options; absent when they are not known. */
  readonly clientOptions?: readonly string[];
  /** spec.fuse.metrics.scrapeTarget. */
  readonly metricsScrapeTarget?: string;
  /** Every expression of status.cacheAffinity's required terms, in order. */
  readonly workerRequirements: readonly NodeSelectorRequirement[];
  /** Names of spec.volumes, which its user added; absent when there are none. */
  readonly ownVolumes?: readonly string[];
  /** Its spec.tieredstore has a level; absent when it has none. */
  readonly hasTieredStore?: true;
}

/** A DaemonSet that could be the client of a dataset: the parts of its pod template that a sidecar is made from. */
export interface ClientDaemonSet {
  readonly namespace: string;
  readonly name: string;
  readonly template: ClientPodTemplate;
}

/** Fields of spec.template.spec, by their names. */
export interface ClientPodTemplate {
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  readonly hostNetwork?: boolean;
  readonly dnsPolicy?: string;
  /** dnsConfig, where it asks anything. */
  readonly dnsConfig?: { readonly nameservers: readonly string[]; readonly searches: readonly string[] };
  readonly volumes: readonly Volume[];
  readonly imagePullSecrets: readonly LocalObjectReference[];
}

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
  readonly imagePullSecrets: readonly LocalObjectReference[];
}

/** The ConfigMap by which Fluid's webhook is told which of its plugins to run. */
export interface PluginProfile {
  readonly namespace: string;
  readonly name: string;
  /** As the ConfigMap has it, or had it before it became unreadable; undefined as long as it never was readable. */
  readonly pipelines?: PluginPipelines;
  /** What is wrong with the ConfigMap now. */
  readonly problems: readonly string[];
}

export interface Node {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** status.nodeInfo.kubeletVersion, "" when absent. */
  readonly kubeletVersion: string;
}
