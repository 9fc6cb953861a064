import type { ClusterInventory } from "./cluster-inventory.ts";
import type { Cluster, PluginProfile } from "./cluster-view.ts";
import type { FreshReadCounts } from "./fresh-reads.ts";
import type { JuicefsConfig } from "./juicefs-settings.ts";
import type { KubeConfigOptions } from "./kube-config-options.ts";
import type { LiveTiming } from "./live-timing.ts";
import type { ResourceStatus } from "./resource-sync.ts";

export interface LiveClusterOptions extends KubeConfigOptions {
  /** Milliseconds that the first reading of everything may take. Default: as long as it takes. */
  readonly startLimit?: number | undefined;
  /** Ends the first reading. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each resource when its objects have been read for the first time. */
  readonly onProgress?: ((progress: SyncProgress) => void) | undefined;
  /** Told when something is wrong with a resource, and again (undefined) when it no longer is. Must not throw. */
  readonly onProblem?: ((resource: string, problem: string | undefined) => void) | undefined;
  /** Told when one of Fluid's CRDs has appeared or is gone, after the start. */
  readonly onKind?: ((kind: string, installed: boolean) => void) | undefined;
  /** The ConfigMap that is Fluid's plugin profile; left out, none is read. */
  readonly pluginProfile?: { readonly namespace: string; readonly name: string } | undefined;
  /** Told of each state of the plugin profile, good or bad; undefined when it is gone. Must not throw. */
  readonly onPluginProfile?: ((profile: PluginProfile | undefined) => void) | undefined;
  /** Where the JuiceFS CSI driver's configuration is, and what is told of its Secrets; left out, neither is read. */
  readonly juicefs?:
    | {
        readonly configMap: { readonly namespace: string; readonly name: string };
        readonly factsNamespace: string;
      }
    | undefined;
  /** Told of each state of that configuration, good or bad; undefined when it is gone. Must not throw. */
  readonly onJuicefsConfig?: ((config: JuicefsConfig | undefined) => void) | undefined;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  readonly timing?: Partial<LiveTiming> | undefined;
}

export interface SyncProgress {
  readonly resource: string;
  readonly objects: number;
  readonly synced: number;
  /** How many resources there are to be read, as far as is known. */
  readonly of: number;
}

/** What a live cluster is doing, for metrics and messages. */
export interface LiveStatus {
  readonly server: string | undefined;
  readonly resources: readonly ResourceStatus[];
  readonly freshReads: FreshReadCounts;
}

/** A cluster that is read from its API server, by lists and watches. */
export interface LiveCluster extends Cluster {
  status(): LiveStatus;
  readonly inventory: ClusterInventory;
}
