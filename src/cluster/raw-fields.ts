/** A parsed JSON or YAML mapping of which nothing is known yet. */
export type RawObject = Readonly<Record<string, unknown>>;

/** Whether `value` is a mapping: no list, not null. */
export function isRawObject(value: unknown): value is RawObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at `path`; undefined where a step of it is missing, inherited or not a mapping. */
export function fieldAt(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (!isRawObject(current) || !Object.hasOwn(current, key)) return undefined;
    current = current[key];
  }
  return current;
}

/** The text at `path`; undefined where anything else stands there. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = fieldAt(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** The mappings in the list at `path`, without its other members; empty where there is no list. */
export function objectsAt(value: unknown, ...path: readonly string[]): RawObject[] {
  const found = fieldAt(value, ...path);
  return Array.isArray(found) ? found.filter(isRawObject) : [];
}

/** The texts in the list at `path`, without its other members; empty where there is no list. */
export function textsAt(value: unknown, ...path: readonly string[]): string[] {
  const found = fieldAt(value, ...path);
  return Array.isArray(found) ? found.filter((entry) => typeof entry === "string") : [];
}

/**
 * The mapping at `path` with only its texts, such as labels; empty where there is no mapping.
 * It has no prototype, so that asking it for "constructor" finds nothing.
 */
export function textMapAt(value: unknown, ...path: readonly string[]): Record<string, string> {
  const result: Record<string, string> = Object.create(null);
  const found = fieldAt(value, ...path);
  if (!isRawObject(found)) return result;
  for (const [key, text] of Object.entries(found)) if (typeof text === "string") result[key] = text;
  return result;
}
