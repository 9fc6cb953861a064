import type { ApiConnection } from "./api-connection.ts";
import { ApiError, reasonOf } from "./api-error.ts";
import { collectionPath, type FollowedResource } from "./api-resources.ts";
import { readJsonList } from "./json-list-stream.ts";
import { type RawObject, textAt } from "./raw-fields.ts";

/**
 * Where a list begins. `atLeast`: the whole of it at once, from the API server's memory, which may be behind but not
 * behind that version; "0" asks for nothing. `pages`: page by page from its store, from `next` on or from the start.
 */
export type ListBegin = { readonly atLeast: string } | { readonly pages: string | undefined };

/** What stands around the items of a list, or of a page of one. */
export interface ListEnd {
  readonly resourceVersion: string;
  /** Asks for the next page; undefined in the last one. */
  readonly next: string | undefined;
}

/** Objects a page. */
const pageSize = "500";

export interface ListOptions {
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** Told of the items, some at a time, as they arrive. */
  readonly onItems: (items: Iterable<RawObject>) => void;
  /** Called when the server has said yes, before any item. */
  readonly onAnswer: () => void;
}

/** Reads a list or a page of one. Throws `ApiError`, which may be after some of the items. */
export async function readListPage(
  connection: ApiConnection,
  resource: FollowedResource,
  begin: ListBegin,
  { onItems, ...options }: ListOptions,
): Promise<ListEnd> {
  const chunks = connection.read(collectionPath(resource, queryOf(begin)), options);
  const list = await readItems(chunks, onItems);
  const resourceVersion = textAt(list, "metadata", "resourceVersion");
  // Go writes an empty list as null where nobody took care.
  if (resourceVersion === undefined || !(Array.isArray(list["items"]) || list["items"] === null))
    throw new ApiError("the answer is no list of Kubernetes objects");
  return { resourceVersion, next: textAt(list, "metadata", "continue") || undefined };
}

/**
 * Kubernetes: "API concepts", Semantics for get and list. With a limit, a version other than 0 would lead to the store;
 * with 0, an API server that keeps the resource in memory knows no limit, and any other is glad of it.
 */
function queryOf(begin: ListBegin): Record<string, string> {
  if ("pages" in begin) {
    return { limit: pageSize, ...(begin.pages === undefined ? {} : { continue: begin.pages }) };
  }
  const { atLeast } = begin;
  return { resourceVersion: atLeast, ...(atLeast === "0" ? { limit: pageSize } : {}) };
}

async function readItems(chunks: AsyncIterable<Buffer>, onItems: ListOptions["onItems"]): Promise<RawObject> {
  try {
    const parts = readJsonList(chunks);
    for (;;) {
      const part = await parts.next();
      if (part.done) return part.value;
      onItems(part.value);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(`the answer is no JSON (${reasonOf(error)})`, { cause: error });
  }
}
