import { datasetPrefix, nodeLabel } from "../../datasets/fluid/labels.ts";
import { runtimeType } from "../../datasets/fluid/runtimes.ts";
import type { ClientState } from "../../pod/client-judgement.ts";
import type { ClientReason } from "../../types/client-reasons.ts";
import type { DatasetRuntime } from "./dataset-runtime.ts";
import type { InjectedClient, InjectedPod } from "./injected-pod.ts";

/** What the census asks of a Dataset. */
export interface CountedDataset extends DatasetRuntime {
  /** "namespace/name" of the Dataset that this one only refers to. */
  readonly refersTo: string | undefined;
}

export interface CensusFacts {
  /** By "namespace/name". */
  readonly dataset: (name: string) => CountedDataset | undefined;
  /** Keys of the labels by which a node holds caches; undefined for a node that is not known. */
  readonly caches: (node: string) => ReadonlySet<string> | undefined;
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

/** `on`: the pod's node holds the caches of its datasets; `off`: not of each; `unknown`: that cannot be told. */
export type CachePlace = "on" | "off" | "unknown";

export interface Census {
  readonly clients: readonly ClientCount[];
  readonly pods: Readonly<Record<CachePlace, number>>;
}

const other = "other";
const unknown = "unknown";
/** References to references are followed this far. */
const longestChain = 8;

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
    places[placeOf(pod, lookUp, facts)] += 1;
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
  const runtime = physical(name, facts)?.dataset.runtime ?? "";
  return runtime === "" ? unknown : (runtimeType(runtime)?.type ?? other);
}

function placeOf(
  { node, clients }: InjectedPod,
  lookUp: (dataset: string | undefined) => CountedClient,
  facts: CensusFacts,
): CachePlace {
  const held = node === undefined ? undefined : facts.caches(node);
  const keys = clients.flatMap(({ dataset }) => lookUp(dataset).cacheKey ?? []);
  if (held === undefined || keys.length === 0) return "unknown";
  return keys.every((key) => held.has(key)) ? "on" : "off";
}

/** The label of nodes that hold a dataset's cache; undefined where there is none, or it is not known. */
function cacheKey(name: string | undefined, facts: CensusFacts): string | undefined {
  const found = name === undefined ? undefined : physical(name, facts);
  if (found === undefined || runtimeType(found.dataset.runtime)?.labelsNodes !== true) return undefined;
  const slash = found.name.indexOf("/");
  const [namespace, own] = [found.name.slice(0, slash), found.name.slice(slash + 1)];
  return nodeLabel(datasetPrefix, { namespace, name: own, uid: found.dataset.uid });
}

/** The Dataset that has a cache, where the one of this name only refers to it. */
function physical(
  name: string,
  facts: CensusFacts,
): { readonly name: string; readonly dataset: CountedDataset } | undefined {
  let at = name;
  for (let step = 0; step < longestChain; step++) {
    const dataset = facts.dataset(at);
    if (dataset?.refersTo === undefined) return dataset && { name: at, dataset };
    at = dataset.refersTo;
  }
  return undefined;
}
