import { permits, type ReferenceRules } from "../../datasets/fluid/find-referred.ts";
import type { CacheWait } from "../../pod/cache-gate.ts";
import type { DataLoadState, DatasetState } from "./dataset-state.ts";

/** What is known of the datasets that pods wait for. */
export interface CacheFacts {
  /** By "namespace/name"; undefined for a Dataset that does not exist. */
  dataset(name: string): DatasetState | undefined;
  /** The DataLoads of a Dataset, by its "namespace/name". */
  dataLoads(name: string): readonly DataLoadState[];
  /** Who may refer to whose Dataset. */
  readonly references: ReferenceRules;
}

export type CacheVerdict =
  | { readonly state: "warm" | "late"; readonly why: string }
  | { readonly state: "cold"; readonly why: string; readonly leftMs: number };

/**
 * Whether a pod that was created at `created` (milliseconds since 1970, as `now`) has waited long enough. `late`: its
 * limit has passed.
 */
export function judgeCache(wait: CacheWait, created: number, facts: CacheFacts, now: number): CacheVerdict {
  const states = wait.datasets.map((name) => judgeDataset(name, wait.share, facts));
  const cold = states.filter(({ warm }) => !warm);
  const why = (cold.length > 0 ? cold : states).map((state) => state.why).join("; ");
  if (cold.length === 0) return { state: "warm", why };
  const leftMs = created + wait.limitSeconds * 1_000 - now;
  if (leftMs > 0) return { state: "cold", why, leftMs };
  return { state: "late", why: `after ${wait.limitSeconds} s still ${why}` };
}

interface DatasetVerdict {
  readonly warm: boolean;
  readonly why: string;
}

/** Nobody refers through more Datasets on purpose. */
const longestWay = 8;

function judgeDataset(name: string, share: number | undefined, facts: CacheFacts): DatasetVerdict {
  const own = facts.dataset(name);
  if (own === undefined) return { warm: false, why: `Dataset ${name} does not exist` };
  if (share !== undefined) return judgeShare(name, share, own);
  let physical = name;
  for (let steps = 0; steps < longestWay; steps++) {
    const next = facts.dataset(physical)?.refersTo;
    if (next === undefined) break;
    // What another namespace loads is nobody's business without its owner's consent.
    if (!isPermitted(next, namespaceOf(name), facts))
      return {
        warm: false,
        why: `what Dataset ${name} refers to may not be referred to from namespace ${namespaceOf(name)}`,
      };
    physical = next;
  }
  return judgeDataLoads(name, physical, facts.dataLoads(physical));
}

function isPermitted(name: string, from: string, { dataset, references }: CacheFacts): boolean {
  return permits(namespaceOf(name), dataset(name)?.referableFrom, from, references);
}

function namespaceOf(name: string): string {
  return name.slice(0, name.indexOf("/"));
}

function judgeShare(name: string, share: number, { cached }: DatasetState): DatasetVerdict {
  if (cached === undefined)
    return { warm: false, why: `Dataset ${name} does not say how much of it is cached` };
  const warm = cached >= share;
  return { warm, why: `Dataset ${name} is cached to ${cached}%${warm ? "" : ` of the ${share}% wanted`}` };
}

/**
 * The newest one counts: it was made because the earlier ones were not enough. Of a Dataset that is only referred to,
 * which is mostly another namespace's, no names are told.
 */
function judgeDataLoads(name: string, physical: string, loads: readonly DataLoadState[]): DatasetVerdict {
  const [newest] = [...loads].sort((a, b) => b.created - a.created || (a.name < b.name ? 1 : -1));
  const what = physical === name ? `Dataset ${name}` : `what Dataset ${name} refers to`;
  if (newest === undefined) return { warm: false, why: `${what} has no DataLoad` };
  const warm = newest.phase === "Complete";
  const phase = newest.phase === "" ? "not begun" : newest.phase.toLowerCase();
  const title = physical === name ? `DataLoad ${newest.name}` : "the DataLoad";
  return { warm, why: `${title} of ${what} is ${phase}` };
}
