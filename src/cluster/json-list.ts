import { isRawObject, type RawObject } from "./raw-fields.ts";

/** The outer object of a JSON list with some of its items. */
export interface JsonListPart {
  readonly list: RawObject;
  /** The number of the first of the items. */
  readonly first: number;
}

/**
 * Reads a JSON object with a long list "items" a few items at a time, from UTF-8. Parsed as a whole, it would take
 * several times its size, and its text and its objects would outlive the garbage collections that are cheap.
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

type Bounds = readonly (readonly [begin: number, end: number])[];

function* parts(json: Buffer, list: RawObject, items: Bounds, itemsAtOnce: number): Generator<JsonListPart> {
  for (let first = 0; first < items.length; first += itemsAtOnce) {
    const some = items.slice(first, first + itemsAtOnce);
    const values = some.map(([begin, end]): unknown => JSON.parse(json.toString("utf8", begin, end)));
    yield { first, list: { ...list, items: values } };
  }
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

/** The place after the bracket that opens "items" of the outermost object. */
function beginOfItems(json: Buffer): number | undefined {
  let at = skipSpace(json, 0);
  if (json[at] !== openObject) return undefined;
  do {
    const key = skipSpace(json, at + 1);
    const keyEnd = endOfText(json, key);
    const after = skipSpace(json, keyEnd);
    if (json[key] !== quote || json[after] !== colon) return undefined;
    const value = skipSpace(json, after + 1);
    if (json[value] === openList && json.toString("latin1", key, keyEnd) === '"items"') return value + 1;
    at = skipSpace(json, endOfValue(json, value));
  } while (json[at] === comma);
  return undefined;
}

/** Where each item is, and where the bracket stands that closes the list; undefined when it is no list of objects. */
function boundsOfItems(json: Buffer, begin: number): { items: Bounds; end: number } | undefined {
  const items: [number, number][] = [];
  let at = begin - 1;
  do {
    const item = skipSpace(json, at + 1);
    if (json[item] !== openObject) return undefined;
    const end = endOfValue(json, item);
    items.push([item, end]);
    at = skipSpace(json, end);
  } while (json[at] === comma);
  return json[at] === closeList ? { items, end: at } : undefined;
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
  let end = json.indexOf(quote, at + 1);
  while (end !== -1 && isEscaped(json, end)) end = json.indexOf(quote, end + 1);
  return end === -1 ? json.length : end + 1;
}

function isEscaped(json: Buffer, at: number): boolean {
  let slashes = 0;
  while (json[at - 1 - slashes] === backslash) slashes += 1;
  return slashes % 2 === 1;
}

function skipSpace(json: Buffer, from: number): number {
  let at = from;
  while (json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d || json[at] === 0x09) at += 1;
  return at;
}

function parseObject(text: string): RawObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRawObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
