import type {
  NodeAffinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PreferredSchedulingTerm,
} from "kubernetes-types/core/v1";

const preferredPart = "preferredDuringSchedulingIgnoredDuringExecution";
const requiredPart = "requiredDuringSchedulingIgnoredDuringExecution";

/**
 * Appends the preferred terms that are not there already; one that is there with another weight stays as it is, for the
 * user chose that weight, or an earlier call of ours.
 * Returns what it was given when nothing is missing.
 */
export function preferNodes(
  affinity: NodeAffinity | undefined,
  terms: readonly PreferredSchedulingTerm[],
): NodeAffinity | undefined {
  const existing = affinity?.[preferredPart] ?? [];
  const merged = appendMissing(existing, terms, isSamePreference);
  return merged === existing ? affinity : { ...affinity, [preferredPart]: [...merged] };
}

/**
 * Makes a node match only if it matched before and meets all of `requirements`.
 *
 * The user's terms are alternatives, so each gets every requirement. An empty term matches no node and stays as it
 * is; where there are only such terms nothing is added, for a new term would let in nodes that the user shut out.
 * Returns what it was given when nothing is missing.
 * (Kubernetes: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity)
 */
export function requireNodes(
  affinity: NodeAffinity | undefined,
  requirements: readonly NodeSelectorRequirement[],
): NodeAffinity | undefined {
  const wanted = uniqueRequirements(requirements);
  if (wanted.length === 0) return affinity;
  const selector = affinity?.[requiredPart] ?? undefined;
  if (selector === undefined)
    return { ...affinity, [requiredPart]: { nodeSelectorTerms: [{ matchExpressions: [...wanted] }] } };

  const terms = selector.nodeSelectorTerms ?? [];
  const narrowed = terms.map((term) => narrowTerm(term, wanted));
  if (narrowed.every((term, i) => term === terms[i])) return affinity;
  return { ...affinity, [requiredPart]: { ...selector, nodeSelectorTerms: narrowed } };
}

/** The requirements in their order, none twice. */
export function uniqueRequirements(
  requirements: readonly NodeSelectorRequirement[],
): NodeSelectorRequirement[] {
  return [...appendMissing([], requirements, isSameRequirement)];
}

/** The heaviest that a preference may be. (Kubernetes: PreferredSchedulingTerm.) */
const heaviest = 100;

/** The terms in their order, none twice: those that are alike become one, with the sum of their weights, up to 100. */
export function sumPreferences(terms: readonly PreferredSchedulingTerm[]): PreferredSchedulingTerm[] {
  const sums: PreferredSchedulingTerm[] = [];
  for (const term of terms) {
    const at = sums.findIndex((other) => isSamePreference(other, term));
    const other = sums[at];
    if (other === undefined) sums.push(term);
    else sums[at] = { ...other, weight: Math.min(heaviest, other.weight + term.weight) };
  }
  return sums;
}

// The API server leaves out a list that is empty, so an absent list and an empty one are the same.
function isSameRequirement(a: NodeSelectorRequirement, b: NodeSelectorRequirement): boolean {
  return a.key === b.key && a.operator === b.operator && isSameList(a.values, b.values, Object.is);
}

function isSamePreference(a: PreferredSchedulingTerm, b: PreferredSchedulingTerm): boolean {
  return (
    isSameList(a.preference?.matchExpressions, b.preference?.matchExpressions, isSameRequirement) &&
    isSameList(a.preference?.matchFields, b.preference?.matchFields, isSameRequirement)
  );
}

function narrowTerm(term: NodeSelectorTerm, wanted: readonly NodeSelectorRequirement[]): NodeSelectorTerm {
  const expressions = term.matchExpressions ?? [];
  if (expressions.length === 0 && (term.matchFields ?? []).length === 0) return term;
  const merged = appendMissing(expressions, wanted, isSameRequirement);
  return merged === expressions ? term : { ...term, matchExpressions: [...merged] };
}

/** `existing` itself when it has all of `wanted`. */
function appendMissing<T>(
  existing: readonly T[],
  wanted: readonly T[],
  isSame: (a: T, b: T) => boolean,
): readonly T[] {
  let merged = existing;
  for (const item of wanted) if (!merged.some((other) => isSame(other, item))) merged = [...merged, item];
  return merged;
}

function isSameList<T>(
  a: readonly T[] | undefined,
  b: readonly T[] | undefined,
  isSame: (a: T, b: T) => boolean,
): boolean {
  const [left, right] = [a ?? [], b ?? []];
  return (
    left.length === right.length &&
    left.every((item, i) => {
      const other = right[i];
      return other !== undefined && isSame(item, other);
    })
  );
}
