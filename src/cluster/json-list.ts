import { isRawObject, type RawObject } from "./raw-fields.ts";

/** The outer object of a JSON list with some of its items. */
export interface JsonListPart {
  readonly list: RawObject;
  /** The number of the first of the items. */
  readonly first: number;
}

/**
 * Reads a JSON object with a long list "items" of Kubernetes objects a few items at a time, from UTF-8. Parsed as a
 * whole, it would take several times its size, and its text and its objects would outlive the garbage collections that
 * are cheap. `metadata.managedFields`, about half of what an API server sends, comes as an empty list: nobody asks for it.
 * Returns undefined for JSON of another structure. The generator throws a `SyntaxError` for an item that is no JSON.
 */
export function readJsonListInParts(json: Buffer, itemsAtOnce: number): Generator<JsonListPart> | undefined {
  const begin = beginOfItems(json);
  const bounds = begin === undefined ? undefined : boundsOfItems(json, begin);
  if (begin === undefined || bounds === undefined) return undefined;
  const list = parseObject(json.toString("utf8", 0, begin) + json.toString("utf8", bounds.end));
  // A second "items" would count instead.
  if (list === undefined || !Array.isArray(list["items"]) || list["items"].length > 0) return undefined;
  return parts(json, list, bounds.items, itemsAtOnce);
}

/** Where an item is, and in it the list of `metadata.managedFields`; the latter is at its end where there is none. */
export interface ItemBounds {
  readonly begin: number;
  readonly end: number;
  readonly managedFields: number;
  readonly managedFieldsEnd: number;
}

function* parts(
  json: Buffer,
  list: RawObject,
  items: readonly ItemBounds[],
  itemsAtOnce: number,
): Generator<JsonListPart> {
  for (let first = 0; first < items.length; first += itemsAtOnce) {
    const some = items.slice(first, first + itemsAtOnce);
    yield { first, list: { ...list, items: some.map((item) => parseItem(json, item)) } };
  }
}

/** Throws a `SyntaxError` for an item that is no JSON. */
export function parseItem(
  json: Buffer,
  { begin, end, managedFields, managedFieldsEnd }: ItemBounds,
): unknown {
  if (managedFields === end) return JSON.parse(json.toString("utf8", begin, end));
  const before = json.toString("utf8", begin, managedFields);
  return JSON.parse(`${before}[]${json.toString("utf8", managedFieldsEnd, end)}`);
}

// Everything that JSON is structured by is ASCII, and no part of a longer UTF-8 character looks like ASCII.
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** The place after the bracket that opens "items" of the outermost object; undefined where that is not in `json`. */
export function beginOfItems(json: Buffer): number | undefined {
  let begin: number | undefined;
  forEachMember(json, skipSpace(json, 0), (key, keyEnd, value) => {
    if (json[value] === openList && isText(json, key, keyEnd, "items")) begin = value + 1;
    return begin === undefined ? endOfValue(json, value) : undefined;
  });
  return begin;
}

/** Where each item is, and where the bracket stands that closes the list; undefined when it is no list of objects. */
function boundsOfItems(
  json: Buffer,
  begin: number,
): { readonly items: readonly ItemBounds[]; readonly end: number } | undefined {
  const items: ItemBounds[] = [];
  let at = begin - 1;
  do {
    const item = boundsOfItem(json, skipSpace(json, at + 1));
    if (item === undefined) return undefined;
    items.push(item);
    at = skipSpace(json, item.end);
  } while (json[at] === comma);
  return json[at] === closeList ? { items, end: at } : undefined;
}

/** Where the item that begins at `begin` is; undefined where it is no object, or not all of it is in `json`. */
export function boundsOfItem(json: Buffer, begin: number): ItemBounds | undefined {
  let managedFields = -1;
  let managedFieldsEnd = -1;
  const end = forEachMember(json, begin, (key, keyEnd, value) => {
    if (json[value] !== openObject || !isText(json, key, keyEnd, "metadata")) return endOfValue(json, value);
    return forEachMember(json, value, (innerKey, innerKeyEnd, inner) => {
      const innerEnd = endOfValue(json, inner);
      if (json[inner] === openList && isText(json, innerKey, innerKeyEnd, "managedFields")) {
        managedFields = inner;
        managedFieldsEnd = innerEnd;
      }
      return innerEnd;
    });
  });
  if (end === undefined) return undefined;
  if (managedFields === -1) return { begin, end, managedFields: end, managedFieldsEnd: end };
  return { begin, end, managedFields, managedFieldsEnd };
}

/**
 * Calls `visit` with each member of the object at `at`; it returns the place after the value, or undefined to end here.
 * Returns the place after the object; undefined where it was ended or there is none.
 */
function forEachMember(
  json: Buffer,
  at: number,
  visit: (key: number, keyEnd: number, value: number) => number | undefined,
): number | undefined {
  if (json[at] !== openObject) return undefined;
  let place = skipSpace(json, at + 1);
  if (json[place] === closeObject) return place + 1;
  for (;;) {
    const keyEnd = endOfText(json, place);
    const after = skipSpace(json, keyEnd);
    if (json[place] !== quote || json[after] !== colon) return undefined;
    const valueEnd = visit(place, keyEnd, skipSpace(json, after + 1));
    if (valueEnd === undefined) return undefined;
    const next = skipSpace(json, valueEnd);
    if (json[next] === closeObject) return next + 1;
    if (json[next] !== comma) return undefined;
    place = skipSpace(json, next + 1);
  }
}

function isText(json: Buffer, begin: number, end: number, text: string): boolean {
  return end - begin === text.length + 2 && json.toString("latin1", begin + 1, end - 1) === text;
}

/** The place after the value at `at`. Brackets are counted, not matched: `JSON.parse` will do that. */
function endOfValue(json: Buffer, at: number): number {
  if (json[at] === quote) return endOfText(json, at);
  let open = 0;
  for (let place = at; place < json.length; place += 1) {
    const char = json[place];
    if (char === quote) place = endOfText(json, place) - 1;
    else if (char === openObject || char === openList) open += 1;
    else if (char === closeObject || char === closeList) {
      open -= 1;
      // A number or word ends before the bracket of what it stands in.
      if (open <= 0) return place + 1 + Math.min(open, 0);
    } else if (char === comma && open === 0) return place;
  }
  return json.length;
}

/** The place after the closing quote of the text whose opening quote is at `at`. */
function endOfText(json: Buffer, at: number): number {
  // Most texts are a few characters long: looking at each is faster than a search from outside of JavaScript.
  for (let place = at + 1; place < json.length; place += 1) {
    const char = json[place];
    if (char === backslash) place += 1;
    else if (char === quote) return place + 1;
  }
  return json.length;
}

/** The first place from `from` on where no space is. */
export function skipSpace(json: Buffer, from: number): number {
  let at = from;
  while (json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d || json[at] === 0x09) at += 1;
  return at;
}

/** The object that `text` is; undefined for anything else. */
export function parseObject(text: string): RawObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRawObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
