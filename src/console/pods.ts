import type { PodPage, PodRow } from "./api-types.ts";
import { matchesQuery, type PodQuery, type PodSort, sortRows } from "./pod-query.ts";
import type { PodRecord } from "./pod-record.ts";
import { CommonParts, PodRows, type PodRowsOptions } from "./pod-rows.ts";

/** Where the records come from. */
export interface PodSource {
  entries(): Iterable<readonly [string, PodRecord]>;
  /** Another number after each change. */
  readonly revision: number;
}

/** Rows are looked through that much later than the last time at the earliest, however many people look. */
const leastLifeMs = 1_000;
/** What a row says of claims, datasets and nodes is at most that old. */
const mostLifeMs = 5_000;

/** The pods with datasets, as lists of rows. */
export class Pods {
  readonly #source: PodSource;
  readonly #rows: PodRows;
  readonly #elapsed: () => number;
  #made: { readonly revision: number; readonly at: number; readonly rows: readonly PodRow[] } | undefined;
  /** A row stays for as long as its pod and, by and by, the cluster around it are as they were. */
  #rowOf = new WeakMap<PodRecord, PodRow | undefined>();
  #rowsSince = Number.NEGATIVE_INFINITY;
  /** By namespace and name. What is sorted once is quickly sorted again. */
  #keys: string[] = [];
  readonly #sorted = new Map<PodSort, readonly PodRow[]>();

  constructor(source: PodSource, options: PodRowsOptions) {
    this.#source = source;
    this.#rows = new PodRows(options);
    this.#elapsed = options.elapsed;
  }

  /** All rows, by namespace and name. */
  all(): readonly PodRow[] {
    const now = this.#elapsed();
    const { revision } = this.#source;
    const age = this.#made === undefined ? Number.POSITIVE_INFINITY : now - this.#made.at;
    if (this.#made !== undefined && age < (this.#made.revision === revision ? mostLifeMs : leastLifeMs))
      return this.#made.rows;
    if (now - this.#rowsSince >= mostLifeMs) {
      this.#rowOf = new WeakMap();
      this.#rowsSince = now;
    }
    const rows = this.#makeRows();
    this.#sorted.clear();
    this.#made = { revision, at: this.#elapsed(), rows };
    return rows;
  }

  #makeRows(): readonly PodRow[] {
    const records = new Map(this.#source.entries());
    const before = new Set(this.#keys);
    this.#keys = [
      ...this.#keys.filter((key) => records.has(key)),
      ...[...records.keys()].filter((key) => !before.has(key)).sort(),
    ].sort();
    const common = new CommonParts();
    const rows: PodRow[] = [];
    for (const key of this.#keys) {
      const record = records.get(key);
      if (record === undefined) continue;
      if (!this.#rowOf.has(record)) this.#rowOf.set(record, this.#rows.row(record, common));
      const row = this.#rowOf.get(record);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  /** A page of those that match and that `visible` lets be seen; the first page is 1. */
  page(
    query: PodQuery,
    visible: (namespace: string) => boolean,
    page: number,
    size: number,
  ): Omit<PodPage, "everywhere"> {
    const sorted = this.#sortedBy(query.sort);
    const from = (page - 1) * size;
    const pods: PodRow[] = [];
    let total = 0;
    for (let index = 0; index < sorted.length; index++) {
      const row = sorted[query.descending ? sorted.length - 1 - index : index];
      if (row === undefined || !visible(row.namespace) || !matchesQuery(row, query)) continue;
      if (total >= from && pods.length < size) pods.push(row);
      total += 1;
    }
    return { total, page, size, pods };
  }

  /** The row of one pod, as it would be now. */
  row(record: PodRecord): PodRow | undefined {
    return this.#rows.row(record);
  }

  /** Rows by dataset, "namespace/name". */
  byDataset(): Map<string, PodRow[]> {
    const found = new Map<string, PodRow[]>();
    for (const row of this.all())
      for (const dataset of row.datasets) {
        const rows = found.get(dataset);
        if (rows === undefined) found.set(dataset, [row]);
        else rows.push(row);
      }
    return found;
  }

  #sortedBy(sort: PodSort): readonly PodRow[] {
    const rows = this.all();
    const known = this.#sorted.get(sort);
    if (known !== undefined) return known;
    const sorted = sortRows(rows, sort);
    this.#sorted.set(sort, sorted);
    return sorted;
  }
}
