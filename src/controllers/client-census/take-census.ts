import { runtimeType } from "../../datasets/fluid/runtimes.ts";
import type { ClientState } from "../../pod/client-judgement.ts";
import type { ClientReason } from "../../types/client-reasons.ts";
import { type CacheNodes, type CachePlace, cacheKey, cachePlace, physicalDataset } from "./cache-place.ts";
import type { InjectedClient, InjectedPod } from "./injected-pod.ts";

export interface CensusFacts extends CacheNodes {
  /** Names of the platforms there are: what a pod says of its platform is no more than its word. */
  readonly platforms: ReadonlySet<string>;
}

/** What clients are counted by; each is one of a few words, whatever is written on the pods. */
export interface ClientGroup {
  readonly runtime: string;
  readonly platform: string;
}

export interface ClientCount extends ClientGroup {
  readonly state: ClientState;
  readonly reason: ClientReason;
  readonly count: number;
}

export interface Census {
  readonly clients: readonly ClientCount[];
  readonly pods: Readonly<Record<CachePlace, number>>;
}

const other = "other";
const unknown = "unknown";

/** Counts the clients of `pods`, and where the pods are. */
export function takeCensus(pods: Iterable<InjectedPod>, facts: CensusFacts): Census {
  const clients = new Map<string, { -readonly [Field in keyof ClientCount]: ClientCount[Field] }>();
  const places: Record<CachePlace, number> = { on: 0, off: 0, unknown: 0 };
  // Many pods read one dataset.
  const datasets = new Map<string | undefined, CountedClient>();
  const lookUp = (name: string | undefined): CountedClient => {
    const known = datasets.get(name);
    if (known !== undefined) return known;
    const found = { runtime: runtimeOf(name, facts), cacheKey: cacheKey(name, facts) };
    datasets.set(name, found);
    return found;
  };
  for (const pod of pods) {
    places[cachePlace(pod, (dataset) => lookUp(dataset).cacheKey, facts)] += 1;
    const platform = known(pod.platform, facts.platforms);
    for (const { dataset, state, code: reason } of pod.clients) {
      const { runtime } = lookUp(dataset);
      const key = `${state} ${reason} ${runtime} ${platform}`;
      const counted = clients.get(key);
      if (counted === undefined) clients.set(key, { state, reason, runtime, platform, count: 1 });
      else counted.count += 1;
    }
  }
  return { clients: [...clients.values()], pods: places };
}

interface CountedClient {
  readonly runtime: string;
  /** The label of nodes that hold its dataset's cache; undefined where there is none, or it is not known. */
  readonly cacheKey: string | undefined;
}

/** Under which runtime and platform a client is counted. */
export function groupOf(pod: InjectedPod, { dataset }: InjectedClient, facts: CensusFacts): ClientGroup {
  return { runtime: runtimeOf(dataset, facts), platform: known(pod.platform, facts.platforms) };
}

function known(name: string | undefined, names: ReadonlySet<string>): string {
  if (name === undefined) return unknown;
  return names.has(name) ? name : other;
}

function runtimeOf(name: string | undefined, facts: CensusFacts): string {
  if (name === undefined) return "juicefs";
  const runtime = physicalDataset(name, facts)?.dataset.runtime ?? "";
  return runtime === "" ? unknown : (runtimeType(runtime)?.type ?? other);
}
