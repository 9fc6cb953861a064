import type { ClusterInventory } from "../cluster/cluster-inventory.ts";
import type { Claim, ClusterView, Dataset } from "../cluster/cluster-view.ts";
import { referredDataset } from "../datasets/fluid/reference.ts";
import type { DatasetDetail, DatasetRow, PodRow } from "./api-types.ts";
import { cacheLabelOf, type DatasetId, datasetOfClaim } from "./dataset-of-claim.ts";
import { keyOf } from "./pod-rows.ts";

/** What a pod that mounts a claim would get now. */
export interface ClaimJudgement {
  /** What admission would say, refusals first. */
  readonly reasons: readonly string[];
  readonly refused: boolean;
  readonly client?: DatasetDetail["client"];
}

export interface DatasetsOptions {
  readonly view: ClusterView;
  readonly inventory: ClusterInventory;
  /** Name of the JuiceFS CSI driver. */
  readonly driver: string;
  readonly judgeClaim: (namespace: string, claim: string) => ClaimJudgement;
  /** Milliseconds of a clock that is never set. */
  readonly elapsed: () => number;
}

/** A decision for each dataset takes a while where there are thousands. */
const lifeMs = 3_000;

/** A dataset with the claims that give its data. */
interface Found {
  readonly id: DatasetId;
  readonly claims: readonly Claim[];
}

/** The datasets of the cluster, as rows and one by one. */
export class Datasets {
  readonly #options: DatasetsOptions;
  #made: { readonly at: number; readonly rows: readonly DatasetRow[] } | undefined;

  constructor(options: DatasetsOptions) {
    this.#options = options;
  }

  /** By namespace and name. `pods`: rows of pods by dataset. */
  all(pods: () => ReadonlyMap<string, readonly PodRow[]>): readonly DatasetRow[] {
    const now = this.#options.elapsed();
    if (this.#made !== undefined && now - this.#made.at < lifeMs) return this.#made.rows;
    const byDataset = pods();
    const labelled = this.#nodesByLabel();
    const rows = [...this.#find().values()]
      .sort((a, b) => (keyOf(a.id) < keyOf(b.id) ? -1 : 1))
      .map((found) => this.#row(found, byDataset.get(keyOf(found.id)) ?? [], labelled));
    this.#made = { at: this.#options.elapsed(), rows };
    return rows;
  }

  /** Undefined where there is no such dataset. `nodes`: whether names of nodes may be told. */
  detail(
    namespace: string,
    name: string,
    pods: ReadonlyMap<string, readonly PodRow[]>,
    nodes: boolean,
  ): DatasetDetail | undefined {
    const found = this.#find().get(`${namespace}/${name}`);
    if (found === undefined) return undefined;
    const { view } = this.#options;
    const dataset = view.dataset(namespace, name);
    const labelled = this.#nodesByLabel();
    const label = cacheLabelOf(view, found.id);
    const refersTo = dataset && referredDataset(dataset.mountPoints);
    const judged = this.#judge(found);
    return {
      ...this.#row(found, pods.get(keyOf(found.id)) ?? [], labelled),
      mountPoints: [...(dataset?.mountPoints ?? [])],
      ...(refersTo && { refersTo: keyOf(refersTo) }),
      claims: found.claims.map(({ name: claim, volumeName, accessModes }) => ({
        name: claim,
        ...(volumeName !== undefined && { volume: volumeName }),
        accessModes: [...accessModes],
      })),
      ...(judged?.client && { client: judged.client }),
      reasons: [
        ...(judged?.reasons ?? ["no claim gives pods this dataset: Fluid makes one when it is bound"]),
      ],
      ...(label !== undefined && { nodeLabel: label }),
      nodeNames: label !== undefined && nodes ? (labelled.get(label) ?? []).slice(0, mostNodes) : [],
      ...(!nodes && label !== undefined && { nodesHidden: "you may not list nodes" }),
    };
  }

  #row({ id, claims }: Found, pods: readonly PodRow[], labelled: Map<string, string[]>): DatasetRow {
    const { view } = this.#options;
    const { namespace, name, family } = id;
    const dataset = family === "fluid" ? view.dataset(namespace, name) : undefined;
    const label = cacheLabelOf(view, id);
    const judged = this.#judge({ id, claims });
    const alive = pods.filter(({ health }) => health !== "ended");
    const count = (matches: (row: PodRow) => boolean) => alive.filter(matches).length;
    return {
      namespace,
      name,
      family,
      runtime: family === "juicefs" ? "JuiceFS CSI driver" : runtimeOf(dataset),
      phase: family === "juicefs" ? (claims[0]?.volumeName ? "Bound" : "Pending") : (dataset?.phase ?? ""),
      ...(dataset?.cachedPart !== undefined && { cached: dataset.cachedPart }),
      ...(label !== undefined && { nodes: labelled.get(label)?.length ?? 0 }),
      pods: {
        total: alive.length,
        on: count(({ cache }) => cache === "on"),
        off: count(({ cache }) => cache === "off"),
        bad: count(({ health }) => health === "bad"),
      },
      ...(judged?.refused && { problem: judged.reasons[0] ?? "pods are refused" }),
    };
  }

  #judge({ claims }: Found): ClaimJudgement | undefined {
    const [claim] = claims;
    return claim && this.#options.judgeClaim(claim.namespace, claim.name);
  }

  #find(): Map<string, Found> {
    const { view, inventory, driver } = this.#options;
    const found = new Map<string, { id: DatasetId; claims: Claim[] }>();
    for (const { namespace, name } of inventory.datasets())
      found.set(`${namespace}/${name}`, { id: { family: "fluid", namespace, name }, claims: [] });
    for (const claim of inventory.claims()) {
      const id = datasetOfClaim(view, driver, claim.namespace, claim.name);
      if (id === undefined) continue;
      const known = found.get(keyOf(id));
      if (known === undefined) found.set(keyOf(id), { id, claims: [claim] });
      else known.claims.push(claim);
    }
    return found;
  }

  #nodesByLabel(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const { name, labels } of this.#options.inventory.nodes())
      for (const key in labels) {
        if (!key.startsWith("fluid.io/s-") || labels[key] !== "true") continue;
        const names = found.get(key);
        if (names === undefined) found.set(key, [name]);
        else names.push(name);
      }
    for (const names of found.values()) names.sort();
    return found;
  }
}

/** Of one dataset. */
const mostNodes = 500;

function runtimeOf(dataset: Dataset | undefined): string {
  if (dataset === undefined) return "unknown: there is no such Dataset";
  if (referredDataset(dataset.mountPoints)) return "reference";
  return dataset.runtimes[0]?.type || "none yet";
}
