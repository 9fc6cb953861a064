/** An object whose shape is not known: what the API server answers is looked at, not trusted. */
export type Fields = Readonly<Record<string, unknown>>;

/** `value` where it is an object, else an empty one. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at the path, such as `at(pod, "spec", "containers", 0, "name")`. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((node, key) => {
    if (Array.isArray(node)) return typeof key === "number" ? node[key] : undefined;
    return isFields(node) ? node[key] : undefined;
  }, value);
}

/** The text at the path; "" where there is none. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The objects of the list at the path; none where there is no list. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly Fields[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.map(fieldsOf) : [];
}
