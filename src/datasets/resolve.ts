import type { Pod, Volume } from "kubernetes-types/core/v1";
import type { ClusterView } from "../cluster/cluster-view.ts";
import { isRawObject } from "../cluster/raw-fields.ts";
import type { ClientTemplate, DatasetVolume } from "../types/dataset-volume.ts";
import { describeRef } from "../types/object-ref.ts";
import type { Finding } from "../types/reason.ts";
import { ClaimResolver, type ResolveOptions } from "./claim-resolver.ts";
import { juicefsWithoutClaim } from "./juicefs/volumes-without-claim.ts";
import { Problem } from "./problem.ts";
import { judgeVolume, type VolumeSource } from "./volume-source.ts";

/** What the volumes of a pod turned out to be. */
export interface Resolution {
  /** One entry for each of the pod's volumes, in their order; the API server's own token is none of them. */
  readonly volumes: readonly ResolvedVolume[];
  /** Each claim once, sorted by its name; those that only other clients mount come after, in the order found. */
  readonly datasets: readonly DatasetVolume[];
}

export type ResolvedVolume =
  | {
      readonly volume: string;
      readonly kind: "other";
      readonly code: "not-a-claim" | "not-a-dataset" | "left-to-its-driver";
      readonly message: string;
    }
  | {
      readonly volume: string;
      readonly kind: "dataset";
      readonly dataset: DatasetVolume;
      readonly readOnly: boolean;
    }
  | { readonly volume: string; readonly kind: "problem"; readonly finding: Finding };

/** Finds out which of the pod's volumes are datasets and what serves each. `namespace` is where the pod is created. */
export function resolveVolumes(
  pod: Pod,
  namespace: string,
  cluster: ClusterView,
  options: ResolveOptions,
): Resolution {
  const resolver = new ClaimResolver(namespace, cluster, options);
  const judged: { readonly name: string; readonly source: VolumeSource }[] = [];
  for (const volume of volumesOf(pod)) {
    const source = judgeVolume(volume);
    if (source.kind !== "other" || !isApiToken(volume)) judged.push({ name: nameOf(volume), source });
  }
  const datasets = orderDatasets(
    judged.map(({ source }) => source),
    resolver,
  );
  const byClaim = new Map(datasets.map((dataset) => [dataset.claim.name, dataset]));
  return {
    volumes: judged.map(({ name, source }) => {
      const problem =
        options.juicefs && source.kind !== "claim" && source.kind !== "problem"
          ? juicefsWithoutClaim(name, source, cluster, options.juicefs)
          : undefined;
      if (problem !== undefined) return withProblem(name, problem);
      return resolvedVolume(name, source, namespace, resolver, byClaim);
    }),
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
  const leftTo = resolver.leftTo(source.claimName);
  if (leftTo !== undefined) {
    const words = `claim ${namespace}/${source.claimName} is left to ${leftTo}, for nothing asks Sluice to serve it`;
    return { volume, kind: "other", code: "left-to-its-driver", message: words };
  }
  const message = `claim ${namespace}/${source.claimName} belongs to no dataset`;
  return { volume, kind: "other", code: "not-a-dataset", message };
}

function withProblem(volume: string, { code, message, restsOn }: Problem): ResolvedVolume {
  const finding = { code, message, volume, ...(restsOn.length === 0 ? {} : { restsOn }) };
  return { volume, kind: "problem", finding };
}

/**
 * The pod's own datasets by claim name, then what their clients need. Those with one physical dataset share the client
 * of the first of them: two would be the same program twice, with the same mount.
 */
function orderDatasets(sources: readonly VolumeSource[], resolver: ClaimResolver): DatasetVolume[] {
  const own = sources.flatMap((source) => (source.kind === "claim" ? [source.claimName] : []));
  const claims = new Set(own.sort());
  const datasets: DatasetVolume[] = [];
  // A set goes on with what is added to it on the way.
  for (const claim of claims) {
    const dataset = resolver.resolve(claim);
    if (dataset === undefined || dataset instanceof Problem) continue;
    for (const source of dataset.sources ?? []) claims.add(source);
    datasets.push(dataset);
  }
  return shareClients(datasets);
}

function shareClients(datasets: readonly DatasetVolume[]): DatasetVolume[] {
  const shared = new Map<string, { readonly claim: string; readonly client: ClientTemplate }>();
  for (const { claim, client } of datasets) {
    if (client === undefined) continue;
    const key = describeRef(client.source);
    const known = shared.get(key);
    if (known === undefined) shared.set(key, { claim: claim.name, client });
    // One that has to be waited for by one of its datasets is waited for.
    else if (client.writesBack && !known.client.writesBack)
      shared.set(key, { ...known, client: { ...known.client, writesBack: true } });
  }
  if (shared.size === datasets.length) return [...datasets];
  return datasets.map((dataset) => {
    const one = dataset.client && shared.get(describeRef(dataset.client.source));
    if (one === undefined) return dataset;
    const { client, claim } = one;
    return claim === dataset.claim.name
      ? { ...dataset, client }
      : { ...dataset, client, sharesClientOf: claim };
  });
}

/** The pod may be anything that a JSON body can hold. */
function volumesOf(pod: Pod): readonly Volume[] {
  const volumes: unknown = pod?.spec?.volumes;
  return Array.isArray(volumes) ? volumes.map((volume) => (isObject(volume) ? volume : { name: "" })) : [];
}

function isObject(value: unknown): value is Volume {
  return typeof value === "object" && value !== null;
}

/** Nobody wrote it into the pod, so nobody asks what became of it. Kubernetes: plugin/pkg/admission/serviceaccount. */
function isApiToken(volume: Volume): boolean {
  return isRawObject(volume.projected) && nameOf(volume).startsWith("kube-api-access-");
}

function nameOf(volume: Volume): string {
  return typeof volume.name === "string" ? volume.name : "";
}
