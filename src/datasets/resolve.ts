import type { Pod, Volume } from "kubernetes-types/core/v1";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding } from "../types/reason.ts";
import { ClaimResolver } from "./claim-resolver.ts";
import { Problem } from "./problem.ts";
import { judgeVolume, type VolumeSource } from "./volume-source.ts";

/** What the volumes of a pod turned out to be. */
export interface Resolution {
  /** One entry for each of the pod's volumes, in their order. */
  readonly volumes: readonly ResolvedVolume[];
  /** Each claim once, sorted by its name; those that only other clients mount come after, in the order found. */
  readonly datasets: readonly DatasetVolume[];
}

export type ResolvedVolume =
  | {
      readonly volume: string;
      readonly kind: "other";
      readonly code: "not-a-claim" | "not-a-dataset";
      readonly message: string;
    }
  | {
      readonly volume: string;
      readonly kind: "dataset";
      readonly dataset: DatasetVolume;
      readonly readOnly: boolean;
    }
  | { readonly volume: string; readonly kind: "problem"; readonly finding: Finding };

export interface ResolveOptions {
  /** Whether clients are wanted; without them (csi mode) no client template is looked for. */
  readonly clients: boolean;
  /** Accept a Dataset that is not bound yet (`sidecar.fluid.io/skip-precheck`). */
  readonly skipBoundCheck: boolean;
  /** Keep the template's cache directories (`cachedir.sidecar.fluid.io/inject`). */
  readonly keepCacheDirectories: boolean;
}

/** Finds out which of the pod's volumes are datasets and what serves each. `namespace` is where the pod is created. */
export function resolveVolumes(
  pod: Pod,
  namespace: string,
  cluster: ClusterView,
  options: ResolveOptions,
): Resolution {
  const resolver = new ClaimResolver(namespace, cluster, options);
  const judged = volumesOf(pod).map((volume) => ({ name: nameOf(volume), source: judgeVolume(volume) }));
  const datasets = orderDatasets(
    judged.map(({ source }) => source),
    resolver,
  );
  const byClaim = new Map(datasets.map((dataset) => [dataset.claim.name, dataset]));
  return {
    volumes: judged.map(({ name, source }) => resolvedVolume(name, source, namespace, resolver, byClaim)),
    datasets,
  };
}

function resolvedVolume(
  volume: string,
  source: VolumeSource,
  namespace: string,
  resolver: ClaimResolver,
  datasets: ReadonlyMap<string, DatasetVolume>,
): ResolvedVolume {
  if (source.kind === "problem") return withProblem(volume, source.problem);
  if (source.kind === "other")
    return {
      volume,
      kind: "other",
      code: "not-a-claim",
      message: `volume ${volume} is not mounted from a claim`,
    };
  if (source.kind === "ephemeral") {
    const message = `volume ${volume} is ephemeral, and its claim template is no dataset's`;
    return { volume, kind: "other", code: "not-a-dataset", message };
  }
  const outcome = resolver.resolve(source.claimName);
  if (outcome instanceof Problem) return withProblem(volume, outcome);
  const dataset = datasets.get(source.claimName);
  if (dataset) return { volume, kind: "dataset", dataset, readOnly: source.readOnly };
  const message = `claim ${namespace}/${source.claimName} belongs to no dataset`;
  return { volume, kind: "other", code: "not-a-dataset", message };
}

function withProblem(volume: string, { code, message, restsOn }: Problem): ResolvedVolume {
  const finding = { code, message, volume, ...(restsOn.length === 0 ? {} : { restsOn }) };
  return { volume, kind: "problem", finding };
}

/** The pod's own datasets by claim name, then what their clients need; claims of one Dataset share the first one's client. */
function orderDatasets(sources: readonly VolumeSource[], resolver: ClaimResolver): DatasetVolume[] {
  const own = sources.flatMap((source) => (source.kind === "claim" ? [source.claimName] : []));
  const claims = new Set(own.sort());
  const clients = new Map<string, string>();
  const datasets: DatasetVolume[] = [];
  // A set goes on with what is added to it on the way.
  for (const claim of claims) {
    const dataset = resolver.resolve(claim);
    if (dataset === undefined || dataset instanceof Problem) continue;
    for (const source of dataset.sources ?? []) claims.add(source);
    const first = clients.get(dataset.dataset.name);
    if (first === undefined) clients.set(dataset.dataset.name, claim);
    datasets.push(
      first === undefined || dataset.client === undefined ? dataset : { ...dataset, sharesClientOf: first },
    );
  }
  return datasets;
}

/** The pod may be anything that a JSON body can hold. */
function volumesOf(pod: Pod): readonly Volume[] {
  const volumes: unknown = pod?.spec?.volumes;
  return Array.isArray(volumes) ? volumes.map((volume) => (isObject(volume) ? volume : { name: "" })) : [];
}

function isObject(value: unknown): value is Volume {
  return typeof value === "object" && value !== null;
}

function nameOf(volume: Volume): string {
  return typeof volume.name === "string" ? volume.name : "";
}
