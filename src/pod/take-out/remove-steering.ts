import type { NodeSelectorRequirement, NodeSelectorTerm, Pod } from "kubernetes-types/core/v1";
import type { PodEditor } from "../pod-editor.ts";
import type { BeforeInjection } from "./before-injection.ts";

const preferredPart = "preferredDuringSchedulingIgnoredDuringExecution";
const requiredPart = "requiredDuringSchedulingIgnoredDuringExecution";
const at = ["spec", "affinity", "nodeAffinity"];
const why = "led the pod to the nodes that hold its datasets' cache";

/** Takes out what leads the pod to a cache, as it was written down. */
export function restoreAffinity(editor: PodEditor, { affinity: was, spread }: BeforeInjection): void {
  if (spread) editor.remove(["spec", "topologySpreadConstraints"], why);
  if (was === undefined) {
    // All that was added is told by its labels.
    if (isSteered(editor.pod)) removeAffinity(editor);
  } else if (was === null) {
    // Somebody may have taken it out already.
    if (editor.pod.spec?.affinity) editor.remove(at, why);
  } else if (editor.pod.spec?.affinity) editor.set(at, was, "is as it was");
  else editor.set(at.slice(0, -1), { nodeAffinity: was }, "is as it was");
  removeEmpty(editor);
}

/** Takes out what leads the pod to a cache by the labels that Fluid puts on nodes. Tells of what may be ours as well. */
export function removeSteering(editor: PodEditor, notes: string[]): void {
  const constraints = editor.pod.spec?.topologySpreadConstraints ?? [];
  // It was set as a whole, in a pod that had none.
  if (constraints.some(({ topologyKey }) => isCacheLabel(topologyKey)))
    editor.remove(["spec", "topologySpreadConstraints"], why);
  const keys = removeAffinity(editor);
  if (keys.length > 0)
    notes.push(
      `node affinity for ${[...new Set(keys)].join(", ")} stays: whether the pod's own or from a dataset's workers is not known`,
    );
  removeEmpty(editor);
}

/** Returns the labels that what stays goes by. */
function removeAffinity(editor: PodEditor): string[] {
  const affinity = editor.pod.spec?.affinity?.nodeAffinity;
  if (affinity === undefined || affinity === null) return [];
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
  return [...left.map(({ preference }) => preference), ...terms].flatMap(({ matchExpressions = [] }) =>
    matchExpressions.map(({ key }) => key).filter((key) => !isCacheLabel(key)),
  );
}

function removeEmpty(editor: PodEditor): void {
  if (isEmpty(editor.pod.spec?.affinity?.nodeAffinity)) editor.remove(at, why);
  if (isEmpty(editor.pod.spec?.affinity)) editor.remove(["spec", "affinity"], why);
}

/** Fluid's labels of nodes: s- for a dataset's cache, f- for its client, dataset-num for how many caches there are. */
function isCacheLabel(key: string): boolean {
  return /^fluid\.io\/(s-|f-|dataset-num$)/.test(key);
}

/** Whether something in the pod's affinity leads it by a cache's label. */
export function isSteered(pod: Pod): boolean {
  return termsOf(pod).some(({ matchExpressions = [] }) =>
    matchExpressions.some(({ key }) => isCacheLabel(key)),
  );
}

/** Whether nothing in the pod's node affinity does anything else. */
export function leadsToCacheOnly(pod: Pod): boolean {
  return termsOf(pod).every(leadsToCache);
}

function termsOf({ spec }: Pod): NodeSelectorTerm[] {
  const affinity = spec?.affinity?.nodeAffinity ?? undefined;
  return [
    ...(affinity?.[preferredPart] ?? []).map(({ preference }) => preference),
    ...(affinity?.[requiredPart]?.nodeSelectorTerms ?? []),
  ];
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
