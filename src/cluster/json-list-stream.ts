import {
  beginOfItems,
  boundsOfItem,
  type ItemBounds,
  parseItem,
  parseObject,
  skipSpace,
} from "./json-list.ts";
import { isRawObject, objectsAt, type RawObject } from "./raw-fields.ts";

/** What is waited for before items are looked for: less, and items that are cut in two are looked at too often. */
const bytesAtOnce = 128 * 1024;
/** Far more than any object: the API server's store takes 1.5 MB. */
const longestItem = 32 * 1024 * 1024;

const comma = 0x2c;
const openObject = 0x7b;
const closeList = 0x5d;

/**
 * The items of a list of Kubernetes objects, some at a time, as its JSON arrives; each part is to be gone through once.
 * Their `metadata.managedFields` are left out as in `readJsonListInParts`. Returns the list without its items. Throws a
 * `SyntaxError` for what is no such list, or not all of one.
 */
export async function* readJsonList(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Iterable<RawObject>, RawObject, undefined> {
  let json: Buffer = Buffer.alloc(0);
  let head: string | undefined;
  let tail: Buffer[] | undefined;
  for await (const some of inLargerParts(chunks)) {
    if (tail !== undefined) {
      tail.push(some);
      continue;
    }
    json = json.length === 0 ? some : Buffer.concat([json, some]);
    if (head === undefined) {
      const begin = beginOfSome(json);
      // It has not begun; or it is empty, or written unusually, and read as a whole.
      if (begin === undefined) continue;
      head = json.toString("utf8", 0, begin);
      json = json.subarray(begin);
    }
    const { items, end, closed } = wholeItems(json);
    if (items.length > 0) yield parsed(json, items);
    json = json.subarray(end);
    if (closed) tail = [json];
    else if (json.length > longestItem) throw new SyntaxError("an item has no end");
  }
  if (head === undefined) return yield* wholeList(json);
  const list = tail === undefined ? undefined : parseObject(head + Buffer.concat(tail).toString("utf8"));
  // A second "items" would count instead.
  if (list === undefined || objectsAt(list, "items").length > 0) throw new SyntaxError("it ends too early");
  return list;
}

/** Parses each when it is asked for: what is not kept of it is garbage before the next one, and cheap to collect. */
function* parsed(json: Buffer, items: readonly ItemBounds[]): Generator<RawObject> {
  for (const bounds of items) {
    const item = parseItem(json, bounds);
    if (isRawObject(item)) yield item;
  }
}

/** The place after the bracket that opens "items", where there is an item behind it. */
function beginOfSome(json: Buffer): number | undefined {
  const begin = beginOfItems(json);
  return begin === undefined || json[skipSpace(json, begin)] === closeList ? undefined : begin;
}

function* wholeList(json: Buffer): Generator<Iterable<RawObject>, RawObject, undefined> {
  const list: unknown = JSON.parse(json.toString("utf8"));
  if (!isRawObject(list)) throw new SyntaxError("it is no object");
  const items = objectsAt(list, "items");
  if (items.length > 0) yield items;
  return list;
}

/** The items that are there to their ends, from the list's bracket or the end of an item on, and where they end. */
function wholeItems(json: Buffer): {
  readonly items: readonly ItemBounds[];
  readonly end: number;
  readonly closed: boolean;
} {
  const items: ItemBounds[] = [];
  let end = 0;
  for (;;) {
    let at = skipSpace(json, end);
    if (json[at] === comma) at = skipSpace(json, at + 1);
    if (json[at] === closeList) return { items, end: at, closed: true };
    if (at < json.length && json[at] !== openObject) throw new SyntaxError("an item is no object");
    const item = boundsOfItem(json, at);
    if (item === undefined) return { items, end, closed: false };
    items.push(item);
    end = item.end;
  }
}

async function* inLargerParts(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    length += chunk.length;
    if (length < bytesAtOnce) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(waiting);
}
