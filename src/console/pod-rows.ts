import type { ClusterView } from "../cluster/cluster-view.ts";
import type { RawObject } from "../cluster/raw-fields.ts";
import type { ClientState, Health, PodRow } from "./api-types.ts";
import { cacheLabelOf, type DatasetId, datasetOfClaim } from "./dataset-of-claim.ts";
import type { Missed, PodRecord } from "./pod-record.ts";

export interface PodRowsOptions {
  readonly view: ClusterView;
  /** Name of the JuiceFS CSI driver. */
  readonly driver: string;
  readonly judgeMissed: (raw: RawObject) => Missed | undefined;
  /** Milliseconds of a clock that is never set. */
  readonly elapsed: () => number;
}

/** Whether a pod was missed may change with its namespace's labels, and takes a whole decision to find out. */
const missedLifeMs = 15_000;
/** The first is the worst. */
const healths: readonly Health[] = ["bad", "waiting", "well", "ended"];

/** What a row tells of its pod's datasets. */
interface DatasetParts {
  readonly ids: readonly DatasetId[];
  readonly datasets: string[];
  readonly clients: ClientState[];
}

/** What rows that are made at the same time have in common, so that it is worked out and kept once. */
export class CommonParts {
  /** The caches' labels by dataset. */
  readonly labels = new Map<string, string | undefined>();
  readonly #parts = new Map<PodRecord["clients"], Map<PodRecord["mounted"], Map<string, DatasetParts>>>();

  /** Records that share their clients and claims (`sharingReader`) share these, too. */
  of({ clients, mounted, namespace }: PodRecord, make: () => DatasetParts): DatasetParts {
    const byMounted = valueIn(
      this.#parts,
      clients,
      () => new Map<PodRecord["mounted"], Map<string, DatasetParts>>(),
    );
    const byNamespace = valueIn(byMounted, mounted, () => new Map<string, DatasetParts>());
    return valueIn(byNamespace, namespace, make);
  }
}

function valueIn<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Makes rows of records, by what is known of claims, datasets and nodes at the moment. */
export class PodRows {
  readonly #options: PodRowsOptions;
  #missed = new WeakMap<RawObject, { readonly at: number; readonly missed: Missed | undefined }>();

  constructor(options: PodRowsOptions) {
    this.#options = options;
  }

  /** Undefined for a pod that has no dataset. `common`: of rows that are made at the same time. */
  row(record: PodRecord, common = new CommonParts()): PodRow | undefined {
    const { namespace, name, created, phase, node, owner } = record;
    const { ids, datasets, clients } = common.of(record, () => this.#partsOf(record));
    if (ids.length === 0 && clients.length === 0) return undefined;
    const missed = clients.length > 0 ? undefined : this.#judgeMissed(record);
    const worst = worstOf(clients);
    const reason = missed === undefined ? worst?.reason : whyMissed(missed);
    return {
      namespace,
      name,
      created,
      phase,
      ...(node !== undefined && { node }),
      ...(owner !== undefined && { owner }),
      service: missed !== undefined ? "missed" : clients.length > 0 ? "sidecar" : "csi",
      health: missed !== undefined ? "bad" : record.ended ? "ended" : (worst?.health ?? healthOfPhase(phase)),
      ...(reason !== undefined && { reason }),
      datasets,
      cache: this.#cacheOf(node, ids, common.labels),
      clients,
    };
  }

  #partsOf({ namespace, served, mounted, clients }: PodRecord): DatasetParts {
    const { view, driver } = this.#options;
    const ids = new Map<string, DatasetId>();
    for (const claim of [...served, ...mounted]) {
      const id = ids.get(claim) ?? datasetOfClaim(view, driver, namespace, claim);
      if (id !== undefined) ids.set(claim, id);
    }
    return {
      ids: [...ids.values()],
      datasets: [...new Set([...ids.values()].map(keyOf))].sort(),
      clients: clients.map((client): ClientState => {
        const id = client.claim === undefined ? undefined : ids.get(client.claim);
        const dataset = id === undefined ? client.claim && `${namespace}/${client.claim}` : keyOf(id);
        return { ...client, ...(dataset !== undefined && { dataset }) };
      }),
    };
  }

  #judgeMissed({ raw, judged }: PodRecord): Missed | undefined {
    if (raw === undefined) return judged?.missed;
    const known = this.#missed.get(raw);
    const at = this.#options.elapsed();
    if (known !== undefined && at - known.at < missedLifeMs) return known.missed;
    const missed = this.#options.judgeMissed(raw);
    this.#missed.set(raw, { at, missed });
    return missed;
  }

  #cacheOf(
    node: string | undefined,
    ids: readonly DatasetId[],
    labels: Map<string, string | undefined>,
  ): PodRow["cache"] {
    const { view } = this.#options;
    const wanted = ids.flatMap((id) => {
      const key = keyOf(id);
      if (!labels.has(key)) labels.set(key, cacheLabelOf(view, id));
      return labels.get(key) ?? [];
    });
    if (wanted.length === 0) return "unlabelled";
    if (node === undefined) return "unplaced";
    const carried = view.node(node)?.labels ?? {};
    return wanted.every((label) => carried[label] === "true") ? "on" : "off";
  }
}

/** "namespace/name". */
export function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

function worstOf(clients: readonly ClientState[]): ClientState | undefined {
  for (const health of healths) {
    const found = clients.find((client) => client.health === health);
    if (found !== undefined) return found;
  }
  return undefined;
}

function healthOfPhase(phase: string): Health {
  if (phase === "Running") return "well";
  return phase === "Failed" || phase === "Succeeded" ? "ended" : "waiting";
}

function whyMissed({ refusal, remedy }: Missed): string {
  const now = refusal === undefined ? "it would be given them if it were made now" : `now: ${refusal}`;
  return `it asks for its datasets and was made without clients; ${now}; ${remedy}`;
}
