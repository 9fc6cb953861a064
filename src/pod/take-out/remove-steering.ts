import type { NodeSelectorRequirement, NodeSelectorTerm, Pod } from "kubernetes-types/core/v1";
import type { PodEditor } from "../pod-editor.ts";

const preferredPart = "preferredDuringSchedulingIgnoredDuringExecution";
const requiredPart = "requiredDuringSchedulingIgnoredDuringExecution";
const why = "led the pod to the nodes that hold its datasets' cache";

/** Takes out what leads the pod to a cache by the labels that Fluid puts on nodes. Tells of what may be ours as well. */
export function removeSteering(editor: PodEditor, notes: string[]): void {
  const constraints = editor.pod.spec?.topologySpreadConstraints ?? [];
  // It was set as a whole, in a pod that had none.
  if (constraints.some(({ topologyKey }) => isCacheLabel(topologyKey)))
    editor.remove(["spec", "topologySpreadConstraints"], why);
  const at = ["spec", "affinity", "nodeAffinity"];
  const affinity = editor.pod.spec?.affinity?.nodeAffinity;
  if (affinity === undefined || affinity === null) return;

  const preferred = affinity[preferredPart] ?? [];
  // Terms are appended together, so that what follows the first of ours is ours.
  const first = preferred.findIndex(({ preference }) => leadsToCache(preference));
  const left = first < 0 ? preferred : preferred.slice(0, first);
  if (left.length === 0 && preferred.length > 0) editor.remove([...at, preferredPart], why);
  else if (left.length < preferred.length) editor.set([...at, preferredPart], left, why);

  const terms = affinity[requiredPart]?.nodeSelectorTerms ?? [];
  const widened = terms.map(withoutCache);
  if (widened.some((term, index) => term !== terms[index])) {
    const kept = widened.filter((term): term is NodeSelectorTerm => term !== undefined);
    // Where a term was ours alone, the pod had no requirement at all.
    if (kept.length < terms.length) editor.remove([...at, requiredPart], why);
    else editor.set([...at, requiredPart, "nodeSelectorTerms"], kept, why);
  }
  const keys = [...left.map(({ preference }) => preference), ...terms].flatMap(({ matchExpressions = [] }) =>
    matchExpressions.map(({ key }) => key).filter((key) => !isCacheLabel(key)),
  );
  if (keys.length > 0)
    notes.push(
      `node affinity for ${[...new Set(keys)].join(", ")} stays: whether the pod's own or from a dataset's workers is not known`,
    );
  if (isEmpty(editor.pod.spec?.affinity?.nodeAffinity)) editor.remove(at, why);
  if (isEmpty(editor.pod.spec?.affinity)) editor.remove(["spec", "affinity"], why);
}

/** Fluid's labels of nodes: s- for a dataset's cache, f- for its client, dataset-num for how many caches there are. */
function isCacheLabel(key: string): boolean {
  return /^fluid\.io\/(s-|f-|dataset-num$)/.test(key);
}

/** Whether something in the pod's affinity leads it by a cache's label. */
export function isSteered({ spec }: Pod): boolean {
  const affinity = spec?.affinity?.nodeAffinity ?? undefined;
  const terms = [
    ...(affinity?.[preferredPart] ?? []).map(({ preference }) => preference),
    ...(affinity?.[requiredPart]?.nodeSelectorTerms ?? []),
  ];
  return terms.some(({ matchExpressions = [] }) => matchExpressions.some(({ key }) => isCacheLabel(key)));
}

function leadsToCache({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): boolean {
  return (
    matchExpressions.length > 0 &&
    matchFields.length === 0 &&
    matchExpressions.every(({ key }) => isCacheLabel(key))
  );
}

/** The term itself where nothing in it is ours; undefined where all of it is. */
function withoutCache(term: NodeSelectorTerm): NodeSelectorTerm | undefined {
  if (leadsToCache(term)) return undefined;
  const { matchExpressions = [] } = term;
  const kept = matchExpressions.filter(({ key }: NodeSelectorRequirement) => !isCacheLabel(key));
  if (kept.length === matchExpressions.length) return term;
  const { matchExpressions: _, ...rest } = term;
  return kept.length === 0 ? rest : { ...rest, matchExpressions: kept };
}

function isEmpty(value: object | undefined | null): boolean {
  return value !== undefined && value !== null && Object.keys(value).length === 0;
}
