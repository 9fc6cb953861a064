import type { Pod, PreferredSchedulingTerm } from "kubernetes-types/core/v1";
import type { Node } from "../cluster/cluster-view.ts";
import type { WhyAnswer, WhyNode } from "../console/api-types.ts";
import { matchesNodeSelector, reachOf } from "../platforms/node-match.ts";

const mostShown = 60;
/** Fluid labels the nodes that hold a dataset's cache: "fluid.io/s-NAMESPACE-NAME". */
const cacheLabel = "fluid.io/s-";

/** The cluster's nodes as the scheduler sees them for a pod: where it may go, and what draws it there. */
export function rankNodes(pod: Pod, nodes: Iterable<Node>): NonNullable<WhyAnswer["nodes"]> {
  const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const wanted = cachesOf(pod);
  const reaches = reachOf(pod);
  const all = [...nodes].map((node): WhyNode => {
    const caches = wanted.filter((label) => node.labels[label] === "true");
    return {
      name: node.name,
      reachable: reaches(node),
      weight: weightOf(preferred, node),
      caches: caches.map((label) => label.slice(cacheLabel.length)),
    };
  });
  all.sort(
    (a, b) =>
      Number(b.reachable) - Number(a.reachable) ||
      b.weight - a.weight ||
      b.caches.length - a.caches.length ||
      (a.name < b.name ? -1 : 1),
  );
  return {
    total: all.length,
    reachable: all.filter(({ reachable }) => reachable).length,
    holding: all.filter(({ caches }) => caches.length > 0).length,
    shown: all.slice(0, mostShown),
  };
}

function weightOf(preferred: readonly PreferredSchedulingTerm[], node: Node): number {
  return preferred
    .filter(({ preference }) => matchesNodeSelector({ nodeSelectorTerms: [preference] }, node))
    .reduce((sum, { weight }) => sum + weight, 0);
}

/** The labels of caches that the pod's node affinity asks for. */
function cachesOf(pod: Pod): string[] {
  const affinity = pod.spec?.affinity?.nodeAffinity;
  const terms = [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ preference }) => preference),
  ];
  const keys = terms.flatMap(({ matchExpressions = [] }) => matchExpressions.map(({ key }) => key));
  return [...new Set(keys.filter((key) => key.startsWith(cacheLabel)))].sort();
}
