import type { ApiConnection } from "./api-connection.ts";
import { ApiError, reasonOf } from "./api-error.ts";
import { collectionPath, type FollowedResource } from "./api-resources.ts";
import { type JsonListPart, readJsonListInParts } from "./json-list.ts";
import { fieldAt, objectsAt, type RawObject, textAt } from "./raw-fields.ts";

/** A part of a list, from the state that the first part was read at. */
export interface ListPage {
  /** To be gone through once: they are parsed on the way. Throws `ApiError`. */
  readonly items: Iterable<RawObject>;
  readonly resourceVersion: string;
  /** Asks for the next part; undefined in the last one. */
  readonly next: string | undefined;
}

/** Objects a page: going through them takes some milliseconds, in which no review is answered. */
const pageSize = 500;

/** Few enough that what is not kept of them is thrown away before it costs a long garbage collection. */
const parsedAtOnce = 20;

/** Reads the first page of a list, or the one that `next` asks for. Throws `ApiError`. */
export async function readListPage(
  connection: ApiConnection,
  resource: FollowedResource,
  next: string | undefined,
  options: { readonly idleMs: number; readonly signal: AbortSignal },
): Promise<ListPage> {
  const query = { limit: String(pageSize), ...(next === undefined ? {} : { continue: next }) };
  const body = await connection.getBytes(collectionPath(resource, query), options);
  const parts = partsOf(body);
  const { value: first } = parts.next();
  const items = fieldAt(first, "items");
  const resourceVersion = textAt(first, "metadata", "resourceVersion");
  // Go writes an empty list as null where nobody took care.
  if (resourceVersion === undefined || !(Array.isArray(items) || items === null))
    throw new ApiError("the answer is no list of Kubernetes objects");
  return {
    items: itemsOf(first, parts),
    resourceVersion,
    next: textAt(first, "metadata", "continue") || undefined,
  };
}

function* itemsOf(first: unknown, others: Iterable<unknown>): Generator<RawObject> {
  yield* objectsAt(first, "items");
  for (const part of others) yield* objectsAt(part, "items");
}

/** The list with some of its items, again and again; the whole of it at once where it is empty or written unusually. */
function* partsOf(body: Buffer): Generator<unknown, undefined> {
  try {
    let some = false;
    for (const { list } of readJsonListInParts(body, parsedAtOnce) ?? noParts) {
      some = true;
      yield list;
    }
    if (!some) yield JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new ApiError(`the answer is no JSON (${reasonOf(error)})`, { cause: error });
  }
}

const noParts: readonly JsonListPart[] = [];
