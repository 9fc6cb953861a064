import type { Pod } from "kubernetes-types/core/v1";
import type { Manifest } from "./manifests.ts";
import type { RecordedCase } from "./recorded-cases.ts";

/** A dataset that a recorded pod mounts, as the recorded cluster has it. */
export interface AskedDataset {
  readonly claim: Manifest;
  readonly own: { readonly namespace: string; readonly name: string };
  /** The dataset that it refers to, or itself. */
  readonly physical: { readonly namespace: string; readonly name: string };
}

export function hasLabel(pod: Pod, key: string, value = "true"): boolean {
  return pod.metadata?.labels?.[key] === value;
}

/** Whether the pod asks Fluid for its CSI mode, in which nothing is injected. */
export function isServerful(pod: Pod): boolean {
  return hasLabel(pod, "fuse.serverful.fluid.io/inject") && !hasLabel(pod, "serverless.fluid.io/inject");
}

/** The datasets behind the pod's claims, by Fluid's labels on them. */
export function askedDatasets(recorded: RecordedCase, objects: readonly Manifest[]): AskedDataset[] {
  const { namespace, object } = recorded.review.request;
  const names = (object.spec?.volumes ?? []).map((volume) => volume.persistentVolumeClaim?.claimName);
  return [...new Set(names)].flatMap((name) => {
    const claim = find(objects, "PersistentVolumeClaim", namespace, name ?? "");
    const labels = claim?.metadata.labels ?? {};
    const owner = labels["fluid.io/managed-by"] ?? labels["fluid.io/wrapped-by"];
    if (
      claim === undefined ||
      (owner === undefined && !Object.keys(labels).some((key) => key.startsWith("fluid.io/s-")))
    )
      return [];
    const dataset = find(objects, "Dataset", namespace, owner ?? claim.metadata.name);
    const [mount] = list(at(dataset, "spec", "mounts"));
    const [, refNamespace, refName] =
      /^dataset:\/\/([^/]+)\/([^/]+)/.exec(String(at(mount, "mountPoint"))) ?? [];
    const own = { namespace, name: owner ?? claim.metadata.name };
    const physical = refNamespace && refName ? { namespace: refNamespace, name: refName } : own;
    return [
      {
        claim,
        own,
        physical,
      },
    ];
  });
}

/** What prefers the nodes that hold these datasets' caches, in the words of the affinity's facts. */
export function cachePreferences(
  datasets: readonly AskedDataset[],
  objects: readonly Manifest[],
): Set<string> {
  const labels = datasets
    .map(({ physical }) => `fluid.io/s-${physical.namespace}-${physical.name}`)
    .filter((label) => nodesCarry(objects, label));
  const weights = new Map<string, number>();
  const tiersOfAll = [
    ...labels.map((label) => ({ weight: 100, words: `${label} In [true]` })),
    ...datasets.flatMap(({ own, physical }) => workerTiers(physical ?? own, objects)),
  ];
  for (const { weight, words } of tiersOfAll)
    weights.set(words, Math.min(100, (weights.get(words) ?? 0) + weight));
  return new Set([...weights].map(([words, weight]) => `affinity/preferred ${weight} ${words}`));
}

const tiers = new Map([
  ["topology.kubernetes.io/zone", 50],
  ["topology.kubernetes.io/region", 20],
]);

/** The tiers by which a runtime pins its workers. */
function workerTiers(
  own: AskedDataset["own"],
  objects: readonly Manifest[],
): { readonly weight: number; readonly words: string }[] {
  const runtimes = objects.filter(
    ({ kind, metadata }) =>
      kind.endsWith("Runtime") && metadata.name === own.name && metadata.namespace === own.namespace,
  );
  const affinities = runtimes.map((runtime) =>
    at(
      runtime,
      "status",
      "cacheAffinity",
      "requiredDuringSchedulingIgnoredDuringExecution",
      "nodeSelectorTerms",
    ),
  );
  return affinities.flatMap(list).flatMap((term) =>
    list(at(term, "matchExpressions")).flatMap((expression) => {
      const key = String(at(expression, "key"));
      const values = list(at(expression, "values")).map(String).sort();
      const weight = tiers.get(key);
      return weight === undefined || !nodesCarry(objects, key, values)
        ? []
        : [{ weight, words: `${key} ${at(expression, "operator")} [${values.join(", ")}]` }];
    }),
  );
}

/** Whether the pod says by itself in which zone or region it is to run, or its node: then it is not steered. */
export function statesLocality({ spec }: Pod): boolean {
  const said = JSON.stringify([spec?.nodeSelector, spec?.affinity?.nodeAffinity]);
  return Boolean(spec?.nodeName) || [...tiers.keys()].some((key) => said.includes(`"${key}"`));
}

/** Whether a node carries the label with one of these values. */
export function nodesCarry(
  objects: readonly Manifest[],
  label: string,
  values: readonly string[] = ["true"],
): boolean {
  return objects.some(
    ({ kind, metadata }) => kind === "Node" && values.includes(metadata.labels?.[label] ?? ""),
  );
}

export function find(
  objects: readonly Manifest[],
  kind: string,
  namespace: string | undefined,
  name: string,
): Manifest | undefined {
  return objects.find(
    ({ kind: k, metadata }) => k === kind && metadata.namespace === namespace && metadata.name === name,
  );
}

/** The value at a path of keys, undefined where it does not lead on. */
export function at(value: unknown, ...keys: readonly string[]): unknown {
  let here = value;
  for (const key of keys) {
    if (typeof here !== "object" || here === null) return undefined;
    here = Object.entries(here).find(([k]) => k === key)?.[1];
  }
  return here;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
