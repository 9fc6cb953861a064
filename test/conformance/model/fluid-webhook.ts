import type {
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  PreferredSchedulingTerm,
} from "kubernetes-types/core/v1";
import { hasLabel } from "../asked.ts";
import type { Manifest } from "../manifests.ts";
import { nodeLabel, type RuntimeInfo, runtimeInfos } from "./fluid-datasets.ts";
import { annotate, type Injection, injectRound, platformOf } from "./fluid-injection.ts";

/**
 * What Fluid's webhook makes of a pod, by its default profile; undefined where it refuses the pod. A model of it, after
 * its source, so that more pods can be compared than were recorded; it is held against all that were.
 */
export function answerOfFluid(
  pod: Pod,
  namespace: string,
  objects: readonly Manifest[],
  native: boolean,
): Pod | undefined {
  if (hasLabel(pod, "fluid.io/enable-injection", "false") || hasLabel(pod, "done.sidecar.fluid.io/inject"))
    return pod;
  const skip = pod.metadata?.annotations?.["sidecar.fluid.io/skip-precheck"] === "true";
  const infosOf = (some: Pod) => runtimeInfos(claimsOf(some), namespace, skip, objects);
  const infos = infosOf(pod);
  if (infos === "refused") return undefined;
  if (hasLabel(pod, "serverless.fluid.io/inject") || hasLabel(pod, "fuse.sidecar.fluid.io/inject")) {
    const isKnown = ["default", "unprivileged"].includes(platformOf(pod));
    return infos.size === 0 || !isKnown ? pod : inject(pod, infos, infosOf, { objects, native });
  }
  return hasLabel(pod, "fuse.serverful.fluid.io/inject") ? steer(pod, infos) : pod;
}

type Infos = ReadonlyMap<string, RuntimeInfo>;

/** In rounds, for a client may mount claims itself. (Fluid: pkg/webhook/plugins/fusesidecar.) */
function inject(
  pod: Pod,
  infos: Infos,
  infosOf: (some: Pod) => Infos | "refused",
  injection: Injection,
): Pod | undefined {
  let injected = pod;
  for (let left = infos; left.size > 0; ) {
    const next = injectRound(injected, left, injection);
    if (next === undefined) return pod;
    injected = next;
    const found = infosOf(injected);
    if (found === "refused") return undefined;
    left = found;
  }
  const done = structuredClone(injected);
  const labels = { "done.sidecar.fluid.io/inject": "true", "fluid.io/managed-by": "fluid" };
  done.metadata = { ...done.metadata, labels: { ...done.metadata?.labels, ...labels } };
  tellUsage(done, infos);
  return done;
}

/** In csi mode. */
function steer(pod: Pod, infos: Infos): Pod {
  const steered = structuredClone(pod);
  if (infos.size === 0) {
    prefer(steered, [
      { weight: 100, expressions: [{ key: "fluid.io/dataset-num", operator: "DoesNotExist" }] },
    ]);
    return steered;
  }
  const all = [...infos.values()];
  const clients = all.flatMap(({ clientNodes }) => {
    const pairs = Object.entries(clientNodes);
    return pairs.length === 0 ? [] : [pairs.map(([key, value]) => isIn(key, value))];
  });
  requireOneOf(steered, clients);
  leadToCache(steered, all);
  const ofDatasets = (steered.spec?.volumes ?? []).filter((volume) =>
    infos.has(volume.persistentVolumeClaim?.claimName ?? ""),
  );
  const names = new Set(ofDatasets.map(({ name }) => name));
  for (const mount of steered.spec?.containers.flatMap((c) => c.volumeMounts ?? []) ?? [])
    if (names.has(mount.name)) mount.mountPropagation ??= "HostToContainer";
  tellUsage(steered, infos);
  return steered;
}

function claimsOf({ spec }: Pod): string[] {
  return (spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}

function tellUsage(pod: Pod, infos: ReadonlyMap<string, RuntimeInfo>): void {
  const key = "fluid.io/datasets-in-use";
  const before = (pod.metadata?.annotations?.[key] ?? "").split(",").map((name) => name.trim());
  const names = new Set([...before, ...[...infos.values()].map(({ name }) => name)].filter(Boolean));
  annotate(pod, key, [...names].sort().join(","));
}

const zone = "topology.kubernetes.io/zone";
const region = "topology.kubernetes.io/region";
const weights = new Map([
  [zone, 50],
  [region, 20],
]);

function leadToCache(pod: Pod, infos: readonly RuntimeInfo[]): void {
  if (statesLocality(pod)) return;
  const isRequired = ({ claim }: RuntimeInfo) => hasLabel(pod, `fluid.io/dataset.${claim}.sched`, "required");
  requireOneOf(
    pod,
    infos.filter(isRequired).map((info) => [isIn(nodeLabel("s", info), "true")]),
  );
  prefer(
    pod,
    infos
      .filter((info) => !isRequired(info))
      .flatMap((info) => [
        { weight: 100, expressions: [isIn(nodeLabel("s", info), "true")] },
        ...info.workers.flatMap((expression) => {
          const weight = weights.get(expression.key);
          return weight === undefined ? [] : [{ weight, expressions: [expression] }];
        }),
      ]),
  );
}

function statesLocality({ spec }: Pod): boolean {
  const affinity = spec?.affinity?.nodeAffinity;
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const stated = [
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ preference }) => preference),
    ...(required?.nodeSelectorTerms ?? []),
  ].flatMap((term) => (term.matchExpressions ?? []).map(({ key }) => key));
  // With an affinity that requires nothing, Fluid does not look at the selector.
  const selected =
    affinity !== undefined && required === undefined ? [] : Object.keys(spec?.nodeSelector ?? {});
  return [...stated, ...selected].some((key) => weights.has(key));
}

function isIn(key: string, value: string): NodeSelectorRequirement {
  return { key, operator: "In", values: [value] };
}

function nodeAffinityOf(pod: Pod) {
  const spec = pod.spec ?? { containers: [] };
  spec.affinity ??= {};
  spec.affinity.nodeAffinity ??= {};
  return spec.affinity.nodeAffinity;
}

interface Preference {
  readonly weight: number;
  readonly expressions: readonly NodeSelectorRequirement[];
}

function prefer(pod: Pod, wanted: readonly Preference[]): void {
  if (wanted.length === 0) return;
  const affinity = nodeAffinityOf(pod);
  const terms = wanted.map(({ weight, expressions }): PreferredSchedulingTerm => {
    return { weight, preference: { matchExpressions: [...expressions] } };
  });
  affinity.preferredDuringSchedulingIgnoredDuringExecution = [
    ...(affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []),
    ...terms,
  ];
}

/** As alternatives, each within each of the pod's own. (Fluid: pkg/utils/webhook.go.) */
function requireOneOf(pod: Pod, alternatives: readonly (readonly NodeSelectorRequirement[])[]): void {
  if (alternatives.length === 0) return;
  const affinity = nodeAffinityOf(pod);
  const own = (affinity.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []).filter(
    (term) => (term.matchExpressions ?? []).length + (term.matchFields ?? []).length > 0,
  );
  const terms: NodeSelectorTerm[] = (own.length === 0 ? [{}] : own).flatMap((term) =>
    alternatives.map((expressions) => ({
      ...term,
      matchExpressions: [...(term.matchExpressions ?? []), ...expressions],
    })),
  );
  affinity.requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms: terms };
}
