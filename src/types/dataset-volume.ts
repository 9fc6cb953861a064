import type {
  Container,
  LocalObjectReference,
  NodeSelectorRequirement,
  Volume,
} from "kubernetes-types/core/v1";
import type { ObjectRef } from "./object-ref.ts";

/** A pod volume's claim whose data are served by a cache, with all that is needed to serve it in the pod. */
export interface DatasetVolume {
  readonly claim: { readonly namespace: string; readonly name: string };
  readonly family: "fluid" | "juicefs";
  /** A volume of the JuiceFS CSI driver is known by its claim. */
  readonly dataset: { readonly namespace: string; readonly name: string };
  /** The one whose cache and client serve it, where it only refers to that one. */
  readonly physical?: { readonly namespace: string; readonly name: string };
  /** Fluid's runtime type, such as "juicefs", which stands for the JuiceFS CSI driver's volumes, too. */
  readonly runtime: string;
  /** Where inside the client's mount the dataset begins; "" for its root, never absolute, never with "..". */
  readonly subPath: string;
  /** The claim grants no writing, whatever the pod's volume says. */
  readonly readOnly: boolean;
  /** The claim is ReadWriteOncePod, which nothing enforces once the claim has left the pod. */
  readonly oncePerCluster: boolean;
  readonly locality: CacheLocality;
  /** The selector of nodes on which the cache's own DaemonSet runs its client; used in csi mode. */
  readonly clientNodeSelector: Readonly<Record<string, string>>;
  /** Absent in csi mode, where no client is injected and none is looked for. */
  readonly client?: ClientTemplate;
  /** The claim, earlier in the list of datasets, whose client serves this one too: both belong to one Dataset. */
  readonly sharesClientOf?: string;
  /** Claims of other datasets, in the list too, that the client itself mounts: their clients have to start first. */
  readonly sources?: readonly string[];
  /** The kind of sidecar that the driver's configuration asks for. */
  readonly sidecar?: "native" | "classic";
  /** Put on the pod where it has none of that key. */
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** The same, on platforms that mount by a means of their vendor's own; those of several datasets stand there together. */
  readonly vendorAnnotations?: Readonly<Record<string, string>>;
  /** Keys of the claim's annotations that nobody follows, for anybody may write them. */
  readonly unheededAnnotations?: readonly string[];
  /** What the client needs in the claim's namespace, is in the namespace `from`, and nobody says is here. */
  readonly missing?: MissingObjects;
}

export interface MissingObjects {
  readonly from: string;
  readonly objects: readonly ClientObject[];
  /** Those that somebody says are here, as they say it: "secret/jfs-secret". */
  readonly stated: readonly string[];
}

/** An object that a client's pod does not start without. */
export interface ClientObject {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
}

/** What a client sidecar is made from. */
export interface ClientTemplate {
  /** The object it was read from. */
  readonly source: ObjectRef;
  /** As in the source, its mount of the shared volume included, apart from what `dropped` names. */
  readonly container: Readonly<Container>;
  /** What has to run before the container, each to its end, for it leaves something in one of the volumes. */
  readonly initContainers?: readonly Readonly<Container>[];
  /** The volumes that these mount; the one by which the source shares its mount is not among them. */
  readonly volumes: readonly Readonly<Volume>[];
  readonly imagePullSecrets: readonly Readonly<LocalObjectReference>[];
  /** How the source's pods resolve names; absent: nothing is known of it. */
  readonly dns?: ClientDns;
  /** The volume mount through which the source shares the client's mount with its node. */
  readonly sharedMount: { readonly volumeName: string; readonly mountPath: string };
  /** Absolute path, inside the client's container, at which the client mounts the dataset. */
  readonly mountPath: string;
  /** The client mounts nothing: its dataset is this directory below `mountPath`, which is a volume. */
  readonly directory?: string;
  /** Type names in /proc/self/mountinfo by which the client's mount is known; "fuse" also stands for "fuse.*". */
  readonly fileSystems: readonly string[];
  /** Whether the client still has to upload after its files are closed; then it is always waited for. */
  readonly writesBack: boolean;
  /** What of the source is left out of the sidecar and why, in words for `explain`. */
  readonly dropped: readonly string[];
  /** Its probes were asked for, beside the supervisor. */
  readonly keepsProbes?: boolean;
  /** Whether a scraper is to find the client's metrics through the pod. */
  readonly scrapesMetrics: boolean;
  /** What has to run on the node, known by a directory of the node that the client mounts, and how it comes there. */
  readonly nodeService?: { readonly directory: string; readonly remedy: string };
}

/** How the pods of a client resolve names. */
export interface ClientDns {
  /** Whether they resolve names of Services. */
  readonly clusterNames: boolean;
  /** What they ask besides. */
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
}

/** Which nodes, zones and regions hold a dataset's cache. */
export interface CacheLocality {
  /** Key of the node label (value "true") that the cache's nodes carry, if this kind of cache labels nodes. */
  readonly nodeLabel?: string;
  /** Key of the node label (value "true") that nodes with a client pod carry. */
  readonly clientNodeLabel?: string;
  /** Why there is no node label, in words, when there is none. */
  readonly withoutNodeLabel?: string;
  /** How much of the dataset is cached, from 0 to 1; absent where that is not known. */
  readonly cachedPart?: number;
  /** Where the cache's workers must run, as single requirements in the order of the source. */
  readonly workerRequirements: readonly Readonly<NodeSelectorRequirement>[];
}
