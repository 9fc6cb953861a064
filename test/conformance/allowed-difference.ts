import type { Pod } from "kubernetes-types/core/v1";
import type { Manifest } from "./manifests.ts";
import { type Difference, differences, type Facts, meaningOf } from "./meaning.ts";
import type { RecordedCase } from "./recorded-cases.ts";

/** What became of a case: Fluid's pod and ours, undefined where the pod was refused. */
export interface Outcome {
  readonly recorded: RecordedCase;
  readonly original: Pod;
  readonly fluid: Pod | undefined;
  readonly ours: Pod | undefined;
  /** Why we refused the pod: "403 client-without-mount: …"; with `ours`, by default only. */
  readonly refusal: string;
  /** What each says of the pod; empty where it was refused. */
  readonly fluidFacts: Facts;
  readonly ourFacts: Facts;
  /** Everything in the cluster. */
  readonly objects: readonly Manifest[];
}

export interface AllowedDifference {
  readonly id: string;
  readonly kind: "on purpose" | "Fluid is wrong" | "not built yet";
  /** Where it covers a difference no other entry is asked: what they speak of follows from it. */
  readonly first?: true;
  /** No pod that was recorded shows it: it holds for pods that were not. */
  readonly notRecorded?: true;
  /** What a user who comes from Fluid gets out of it, or has to know. */
  readonly why: string;
  readonly covers: (difference: Difference, outcome: Outcome) => boolean;
  /** The paths at which it has to be found: with nothing there, something is missing in our answer. */
  readonly expected?: (outcome: Outcome) => readonly string[];
}

export function outcomeOf(
  recorded: RecordedCase,
  ours: Pod | undefined,
  refusal: string,
  objects: readonly Manifest[],
): Outcome {
  const original = recorded.review.request.object;
  const { fluid } = recorded;
  const none: Facts = new Map();
  return {
    recorded,
    original,
    fluid,
    ours,
    refusal,
    fluidFacts: fluid === undefined ? none : meaningOf(fluid, original),
    ourFacts: ours === undefined ? none : meaningOf(ours, original),
    objects,
  };
}

/** Where Fluid's answer and ours mean different things; of a refused pod only the verdict counts. */
function differencesIn({ fluid, ours, original, refusal }: Outcome): Difference[] {
  if (fluid !== undefined && ours !== undefined) {
    const byDefault = {
      path: "verdict by default",
      fluid: "admitted",
      ours: `refused ${refusal}`,
      original: undefined,
    };
    return [...(refusal === "" ? [] : [byDefault]), ...differences(fluid, ours, original)];
  }
  if (fluid === undefined && ours === undefined) return [];
  const verdict = (pod: Pod | undefined) => (pod === undefined ? "refused" : "admitted");
  return [
    {
      path: "verdict",
      fluid: verdict(fluid),
      ours: ours === undefined ? `refused ${refusal}` : "admitted",
      original: undefined,
    },
  ];
}

export interface Judgement {
  /** Ids of the entries that cover differences of the case. */
  readonly used: ReadonlySet<string>;
  /** In words: what nobody allows, what two entries allow, what should be there and is not. */
  readonly complaints: readonly string[];
}

/** Holds the differences of a case against the list: each has to be covered by one entry, and by one only. */
export function judge(outcome: Outcome, list: readonly AllowedDifference[]): Judgement {
  const covered = new Map(list.map((entry) => [entry, new Set<string>()]));
  const complaints: string[] = [];
  for (const difference of differencesIn(outcome)) {
    const covering = list.filter((entry) => entry.covers(difference, outcome));
    const first = covering.find((entry) => entry.first);
    const entries = first === undefined ? covering : [first];
    for (const entry of entries) covered.get(entry)?.add(difference.path);
    if (entries.length !== 1) complaints.push(inWords(outcome, difference, entries));
  }
  for (const [entry, paths] of covered)
    for (const path of entry.expected?.(outcome) ?? [])
      if (!paths.has(path))
        complaints.push(`${outcome.recorded.name}: ${path} (expected by ${entry.id}) is not different`);
  const used = list.filter((entry) => (covered.get(entry)?.size ?? 0) > 0);
  return { used: new Set(used.map(({ id }) => id)), complaints };
}

function inWords({ recorded }: Outcome, difference: Difference, by: readonly AllowedDifference[]): string {
  const { path, fluid, ours } = difference;
  const allowed = by.length === 0 ? "not allowed" : `allowed by ${by.map(({ id }) => id).join(" and ")}`;
  const said = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value));
  return `${recorded.name}: ${path} (${allowed})\n  Fluid: ${said(fluid)}\n  ours:  ${said(ours)}`;
}
