import type { Volume } from "kubernetes-types/core/v1";
import type { ClusterView, Dataset } from "../cluster/cluster-view.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import { cacheLocality } from "./fluid/cache-locality.ts";
import { missingObjects } from "./fluid/client-objects.ts";
import { type FoundClient, findClient } from "./fluid/find-client.ts";
import { findDataset, type ServedDataset } from "./fluid/find-dataset.ts";
import type { ReferenceRules } from "./fluid/find-referred.ts";
import { datasetLabel } from "./fluid/labels.ts";
import { grantsReadingOnly } from "./fluid/mount-attributes.ts";
import type { JuicefsQuestion } from "./juicefs/juicefs-options.ts";
import { JuicefsClaims } from "./juicefs/resolve-claim.ts";
import { Problem, Trail } from "./problem.ts";
import { judgeVolume } from "./volume-source.ts";

/** What is asked of a pod's claims. */
export interface ResolveOptions {
  /** Whether clients are wanted; without them (csi mode) no client template is looked for. */
  readonly clients: boolean;
  /** Accept a Dataset that is not bound yet (`sidecar.fluid.io/skip-precheck`). */
  readonly skipBoundCheck: boolean;
  /** Keep the template's cache directories (`cachedir.sidecar.fluid.io/inject`). */
  readonly keepCacheDirectories: boolean;
  /** Who may refer to whose dataset. */
  readonly references: ReferenceRules;
  /** Leave Fluid's datasets to Fluid, for nobody asked for them. */
  readonly withoutFluid?: boolean;
  /** How the claims of the JuiceFS CSI driver are served; left out, they are left to the driver. */
  readonly juicefs?: JuicefsQuestion | undefined;
}

/** A dataset, what is wrong with it, or undefined for a claim that belongs to none. */
export type ClaimOutcome = DatasetVolume | Problem | undefined;

/** Deeper nesting is nobody's intention, and every level is one more privileged container in the pod. */
const deepest = 8;

/** Resolves the claims of one pod, each once, those that only a client mounts included. */
export class ClaimResolver {
  readonly #namespace: string;
  readonly #cluster: ClusterView;
  readonly #options: ResolveOptions;
  readonly #outcomes = new Map<string, ClaimOutcome>();
  readonly #juicefs: JuicefsClaims | undefined;
  /** By name of the Dataset: all its claims are served by one client. */
  readonly #clients = new Map<string, ServingClient>();
  /** Names of the Datasets whose clients' own claims are being resolved, outermost first. */
  readonly #chain: string[] = [];

  constructor(namespace: string, cluster: ClusterView, options: ResolveOptions) {
    this.#namespace = namespace;
    this.#cluster = cluster;
    this.#options = options;
    this.#juicefs = options.juicefs === undefined ? undefined : new JuicefsClaims(cluster, options.juicefs);
  }

  /** What is known of a claim by its name, found out once. */
  resolve(claimName: string): ClaimOutcome {
    if (this.#outcomes.has(claimName)) return this.#outcomes.get(claimName);
    const outcome = this.#resolve(claimName);
    this.#outcomes.set(claimName, outcome);
    return outcome;
  }

  /** Whom a claim is left to that is a dataset and resolved to none; undefined when it is no dataset. */
  leftTo(claimName: string): string | undefined {
    const claim = this.#cluster.claim(this.#namespace, claimName);
    return this.#options.withoutFluid && claim && datasetLabel(claim.labels) !== undefined
      ? "Fluid"
      : undefined;
  }

  #resolve(claimName: string): ClaimOutcome {
    const trail = new Trail(this.#cluster);
    const claim = trail.claim(this.#namespace, claimName);
    if (!claim)
      return trail.problem(
        "claim-not-found",
        (show) =>
          `claim ${show(`${this.#namespace}/${claimName}`)} does not exist: create it, or correct the volume's claimName`,
      );
    const label = datasetLabel(claim.labels);
    if (label === undefined) return this.#juicefs?.resolve(claim, trail, this.#options.clients);
    if (this.#options.withoutFluid) return undefined;
    const found = findDataset(claim, label, trail, this.#options);
    if (found instanceof Problem) return found;
    if (!this.#options.clients) return datasetVolume(found, this.#cluster);
    const served = this.#clientOf(found, trail);
    if (served instanceof Problem) return served;
    return datasetVolume(found, this.#cluster, served);
  }

  #clientOf(found: ServedDataset, trail: Trail): ServingClient | Problem {
    const name = found.dataset.name;
    const known = this.#clients.get(name);
    if (known) return known;
    const loop = this.#loop(found, trail);
    if (loop) return loop;
    const client = findClient(found, trail, this.#options.keepCacheDirectories);
    if (client instanceof Problem) return client;

    this.#chain.push(name);
    const sources = this.#sources(found, client, trail);
    this.#chain.pop();
    if (sources instanceof Problem) return sources;
    const served = { client, sources };
    this.#clients.set(name, served);
    return served;
  }

  #loop({ claim, dataset }: ServedDataset, trail: Trail): Problem | undefined {
    const from = this.#chain.indexOf(dataset.name);
    if (from >= 0)
      return trail.problem("dataset-loop", (show) => {
        const way = show([...this.#chain.slice(from), dataset.name].join(" -> "));
        const last = show(this.#chain.at(-1) ?? "");
        return `Dataset ${show(`${dataset.namespace}/${dataset.name}`)} is its own source (${way}): take claim ${show(claim.name)} out of the client of ${last}`;
      });
    if (this.#chain.length < deepest) return undefined;
    return trail.problem("nested-too-deep", (show) => {
      const first = show(`${dataset.namespace}/${this.#chain[0] ?? ""}`);
      return `Dataset ${first} needs more than ${deepest} others as sources, one inside the other: mount one of them directly`;
    });
  }

  /** The claims of other datasets that a client mounts itself. */
  #sources(found: ServedDataset, client: FoundClient, trail: Trail): string[] | Problem {
    const sources: string[] = [];
    for (const volume of client.template.volumes) {
      const inner = this.#sourceOf(volume);
      if (inner instanceof Problem) {
        const outer = `${found.claim.namespace}/${found.claim.name}`;
        return trail.problem(
          inner.code,
          (show) =>
            `${inner.message} (volume ${show(volume.name)} of the client of claim ${show(outer)} needs it)`,
          { others: inner.restsOn },
        );
      }
      if (inner && !sources.includes(inner.claim.name)) sources.push(inner.claim.name);
    }
    return sources;
  }

  #sourceOf(volume: Volume): ClaimOutcome {
    const source = judgeVolume(volume);
    if (source.kind === "claim") return this.resolve(source.claimName);
    return source.kind === "problem" ? source.problem : undefined;
  }
}

interface ServingClient {
  readonly client: FoundClient;
  readonly sources: readonly string[];
}

function datasetVolume(found: ServedDataset, cluster: ClusterView, served?: ServingClient): DatasetVolume {
  const { claim, dataset, physical } = found;
  const mount = served?.client.mount;
  return {
    claim: { namespace: claim.namespace, name: claim.name },
    family: "fluid",
    dataset: { namespace: dataset.namespace, name: dataset.name },
    ...(physical.dataset === dataset ? {} : { physical: nameOf(physical.dataset) }),
    runtime: physical.type.type,
    subPath: mount?.subPath ?? "",
    readOnly: grantsReadingOnly(claim.accessModes) || mount?.readOnly === true,
    oncePerCluster: claim.accessModes.includes("ReadWriteOncePod"),
    locality: cacheLocality(found, cluster),
    clientNodeSelector: physical.runtime.clientNodeSelector,
    ...(served === undefined ? {} : withClient(found, served)),
  };
}

function nameOf({ namespace, name }: Dataset): { readonly namespace: string; readonly name: string } {
  return { namespace, name };
}

function withClient(
  found: ServedDataset,
  { client: { template }, sources }: ServingClient,
): Pick<DatasetVolume, "client" | "sources" | "missing"> {
  const missing = missingObjects(found, template);
  return {
    client: template,
    ...(sources.length === 0 ? {} : { sources }),
    ...(missing === undefined ? {} : { missing }),
  };
}
