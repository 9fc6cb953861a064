import type { ApiConnection } from "./api-connection.ts";
import { ApiError } from "./api-error.ts";
import { type ApiResource, collectionPath } from "./api-resources.ts";
import { fieldAt, isRawObject, type RawObject, textAt } from "./raw-fields.ts";

/** A part of a list, from the state that the first part was read at. */
export interface ListPage {
  readonly items: readonly RawObject[];
  readonly resourceVersion: string;
  /** Asks for the next part; undefined in the last one. */
  readonly next: string | undefined;
}

/** Objects a page: parsing them takes a few milliseconds, in which no review is answered. */
const pageSize = 500;

/** Reads the first page of a list, or the one that `next` asks for. Throws `ApiError`. */
export async function readListPage(
  connection: ApiConnection,
  resource: ApiResource,
  next: string | undefined,
  options: { readonly idleMs: number; readonly signal: AbortSignal },
): Promise<ListPage> {
  const query = new URLSearchParams({ limit: String(pageSize) });
  if (next !== undefined) query.set("continue", next);
  const answer = await connection.getJson(`${collectionPath(resource)}?${query}`, options);
  const items = fieldAt(answer, "items");
  const resourceVersion = textAt(answer, "metadata", "resourceVersion");
  if (resourceVersion === undefined || !(Array.isArray(items) || items === null))
    throw new ApiError("the answer is no list of Kubernetes objects");
  return {
    items: (items ?? []).filter(isRawObject),
    resourceVersion,
    next: textAt(answer, "metadata", "continue") || undefined,
  };
}
