/** The objects of a list in a manifest, which may be anything where nobody has checked it. */
export function listOf<T extends object>(list: readonly T[] | undefined): readonly T[] {
  return Array.isArray(list) ? list.filter((entry) => typeof entry === "object" && entry !== null) : [];
}

/** Those of them that have a name. */
export function named<T extends { readonly name: string }>(list: readonly T[] | undefined): readonly T[] {
  return listOf(list).filter((entry) => typeof entry.name === "string");
}

/** A value of a manifest for a message. */
export function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "without name";
}
