import { at, find, list } from "../asked.ts";
import type { Manifest } from "../manifests.ts";

/** What Fluid's webhook finds out about one dataset claim of a pod. (Fluid: pkg/webhook/utils/runtime_info.go.) */
export interface RuntimeInfo {
  readonly claim: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  readonly daemonSet: string;
  readonly clientNodes: Readonly<Record<string, string>>;
  /** The required expressions of the runtime's status.cacheAffinity, in order. */
  readonly workers: readonly Expression[];
  readonly scrapes: boolean;
}

export interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: string[];
}

const kinds = new Map([
  ["alluxio", ["AlluxioRuntime", "-fuse"]],
  ["jindo", ["JindoRuntime", "-jindofs-fuse"]],
  ["juicefs", ["JuiceFSRuntime", "-fuse"]],
  ["thin", ["ThinRuntime", "-fuse"]],
  ["efc", ["EFCRuntime", "-fuse"]],
]);

/** By claim name, in the order given; "refused" where Fluid's webhook answers with an error. */
export function runtimeInfos(
  claims: readonly string[],
  namespace: string,
  skipPrecheck: boolean,
  objects: readonly Manifest[],
): Map<string, RuntimeInfo> | "refused" {
  const infos = new Map<string, RuntimeInfo>();
  let missing = false;
  for (const claim of claims) {
    const found = find(objects, "PersistentVolumeClaim", namespace, claim);
    if (found === undefined) missing = true;
    const labels = found?.metadata.labels ?? {};
    const owner = labels["fluid.io/managed-by"] ?? labels["fluid.io/wrapped-by"];
    const isDataset = owner !== undefined || Object.keys(labels).some((key) => key.startsWith("fluid.io/s-"));
    if (found === undefined || !isDataset) continue;
    const info = runtimeInfo(claim, namespace, owner ?? claim, skipPrecheck, objects);
    if (info === undefined) return "refused";
    infos.set(claim, info);
  }
  return missing ? "refused" : infos;
}

function runtimeInfo(
  claim: string,
  namespace: string,
  name: string,
  skipPrecheck: boolean,
  objects: readonly Manifest[],
): RuntimeInfo | undefined {
  const dataset = find(objects, "Dataset", namespace, name);
  if (dataset === undefined) return undefined;
  const phase = at(dataset, "status", "phase") ?? "";
  if (!skipPrecheck && (phase === "" || phase === "NotBound")) return undefined;
  const [first] = list(at(dataset, "status", "runtimes"));
  const type = String(at(first, "type"));
  const [kind, suffix] = kinds.get(type) ?? [];
  const runtime = kind && find(objects, kind, namespace, name);
  if (!runtime) return undefined;
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const terms = list(at(runtime, "status", "cacheAffinity", required, "nodeSelectorTerms"));
  const targets = String(at(runtime, "spec", "fuse", "metrics", "scrapeTarget") ?? "").split(",");
  return {
    claim,
    namespace,
    name,
    uid: String(at(dataset, "metadata", "uid") ?? ""),
    type,
    daemonSet: `${name}${suffix}`,
    clientNodes: (at(runtime, "spec", "fuse", "nodeSelector") ?? {}) as Record<string, string>,
    workers: terms.flatMap((term) => list(at(term, "matchExpressions")) as Expression[]),
    scrapes: type === "jindo" && targets.some((target) => target === "All" || target === "Sidecar"),
  };
}

/** The label of nodes that hold the cache, or run the client. */
export function nodeLabel(prefix: "s" | "f", { namespace, name, uid }: RuntimeInfo): string {
  const label = `fluid.io/${prefix}-${namespace}-${name}`;
  return label.length >= 63 && uid !== "" ? `fluid.io/${prefix}-${uid}` : label;
}
