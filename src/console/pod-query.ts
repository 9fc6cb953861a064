import type { Health, PodRow } from "./api-types.ts";

/** What of the pods is asked for; undefined leaves all. */
export interface PodQuery {
  readonly namespace?: string | undefined;
  /** namespace/name. */
  readonly dataset?: string | undefined;
  readonly health?: Health | undefined;
  readonly service?: PodRow["service"] | undefined;
  readonly cache?: PodRow["cache"] | undefined;
  /** Part of the name of the pod, its namespace, node or owner. */
  readonly search?: string | undefined;
  readonly sort: PodSort;
  readonly descending: boolean;
}

export const podSorts = ["name", "namespace", "node", "health", "created"] as const;
export type PodSort = (typeof podSorts)[number];

/** Whether a row is one of those that `query` asks for. */
export function matchesQuery(row: PodRow, query: PodQuery): boolean {
  const { namespace, dataset, health, service, cache, search } = query;
  if (namespace !== undefined && row.namespace !== namespace) return false;
  if (dataset !== undefined && !row.datasets.includes(dataset)) return false;
  if (health !== undefined && row.health !== health) return false;
  if (service !== undefined && row.service !== service) return false;
  if (cache !== undefined && row.cache !== cache) return false;
  if (search === undefined || search === "") return true;
  return [row.name, row.namespace, row.node, row.owner?.name].some((text) => text?.includes(search));
}

const healthOrder: Readonly<Record<Health, string>> = { bad: "0", waiting: "1", well: "2", ended: "3" };

/** What rows are sorted by; rows that have the same keep the order of namespace and name. */
function sortKey(row: PodRow, sort: PodSort): string {
  switch (sort) {
    case "name":
      return row.name;
    case "namespace":
      return row.namespace;
    case "node":
      return row.node ?? "";
    case "health":
      return healthOrder[row.health];
    case "created":
      return row.created;
  }
}

/** Rows in the order of `sort`; expects them in the order of namespace and name. */
export function sortRows(rows: readonly PodRow[], sort: PodSort): PodRow[] {
  return rows
    .map((row, place) => ({ row, key: sortKey(row, sort), place }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.place - b.place))
    .map(({ row }) => row);
}
