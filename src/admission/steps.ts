import type { ClusterView } from "../cluster/cluster-view.ts";
import type { CacheTiers, Pipeline, PluginName } from "../cluster/plugin-profile.ts";
import type { Config } from "../config.ts";
import type { Mode } from "./decision.ts";

/** What is done with a pod, in the names of Fluid's plugins; in which order they are named does not matter. */
export interface Steps extends Pipeline {
  /** By what a pod is led to the caches of its datasets. */
  readonly tiers: CacheTiers;
  /** Who says so, for messages. */
  readonly by: string;
}

// As Fluid's own default profile has it, but that pods with sidecars are led to the cache as well.
const usual: Readonly<Record<Mode, Pipeline>> = {
  csi: {
    withDataset: [
      "FilePrefetcher",
      "RequireNodeWithFuse",
      "NodeAffinityWithCache",
      "MountPropagationInjector",
      "DatasetUsageInjector",
    ],
    withoutDataset: ["PreferNodesWithoutCache"],
  },
  sidecar: {
    withDataset: ["FilePrefetcher", "FuseSidecar", "NodeAffinityWithCache", "DatasetUsageInjector"],
    withoutDataset: [],
  },
};

/**
 * The steps for pods of a mode: those of Fluid's plugin profile where it is there, else the usual ones with the tiers
 * of the configuration. A profile cannot know that sidecars gain from their cache's nodes, too: there the tiers
 * count even where it does not list NodeAffinityWithCache.
 */
export function stepsOf(mode: Mode, cluster: ClusterView, config: Config): Steps {
  const { namespace, name } = config.pluginProfile;
  const pipelines = cluster.pluginProfile(namespace, name)?.pipelines;
  if (pipelines === undefined)
    return { ...usual[mode], tiers: config.cacheTiers, by: "the configuration's cacheTiers" };
  const by = `the plugin profile ${namespace}/${name}`;
  const { tiers, serverful, serverless } = pipelines;
  if (mode === "csi") return { ...serverful, tiers, by };
  const withDataset: readonly PluginName[] = [...serverless.withDataset, "NodeAffinityWithCache"];
  return { ...serverless, withDataset, tiers, by };
}
