import { type Document, parseDocument } from "yaml";
import { isRawObject } from "./raw-fields.ts";

/** The library takes time by the square of a map's keys, and whoever may write a Secret could have everybody wait for it. */
const mostBytes = 16 * 1024;

/**
 * A map of texts in YAML or JSON, of 16 KiB at most; every scalar is the text that stands there. Undefined for anything
 * else.
 */
export function readTextMap(text: string): Record<string, string> | undefined {
  if (text.trim() === "") return {};
  if (Buffer.byteLength(text) > mostBytes) return undefined;
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      schema: "failsafe",
      uniqueKeys: true,
      merge: false,
      prettyErrors: false,
    });
    if (document.errors.length > 0) return undefined;
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    if (!isRawObject(value)) return undefined;
    const map: Record<string, string> = {};
    for (const [key, entry] of Object.entries(value)) {
      if (typeof entry !== "string") return undefined;
      map[key] = entry;
    }
    return map;
  } catch {
    return undefined;
  }
}
