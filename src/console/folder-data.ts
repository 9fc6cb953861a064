import type { ManifestCluster } from "../cluster/manifest-cluster.ts";
import type { ConsoleData, Decisions } from "./console-data.ts";
import { ConsoleProblem } from "./console-problem.ts";

/** A folder of manifests: datasets and decisions as in a cluster, and no pods, for none run there. */
export function folderData(cluster: ManifestCluster, driver: string, decisions: Decisions): ConsoleData {
  return {
    source: "folder",
    view: cluster.view,
    inventory: cluster.inventory,
    driver,
    decisions,
    pods: { entries: () => [], revision: 0 },
    stale: () => {
      const problem = cluster.contents.problems.find(({ severity }) => severity === "error");
      return problem && { problem: problem.message };
    },
    readObject: async () => {
      throw new ConsoleProblem(404, "a folder of manifests has no objects that run: paste the manifest");
    },
    readNode: async () => undefined,
    readSome: async () => ({ objects: [], more: false }),
    podEvents: async () => [],
    refusals: async () => [],
  };
}
