import { type Document, parseDocument } from "yaml";
import { isRawObject } from "./raw-fields.ts";

/** A map of texts in YAML or JSON; every scalar is the text that stands there. Undefined for anything else. */
export function readTextMap(text: string): Record<string, string> | undefined {
  if (text.trim() === "") return {};
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { schema: "failsafe", uniqueKeys: true, merge: false });
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
