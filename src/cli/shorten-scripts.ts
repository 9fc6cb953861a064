/** A copy of `value` in which texts of many lines, such as inline scripts, are told by their length alone. */
export function shortenScripts(value: unknown): unknown {
  if (typeof value === "string") {
    const lines = value.split("\n").length;
    return lines > 3 ? `(a script of ${lines} lines)` : value;
  }
  if (Array.isArray(value)) return value.map(shortenScripts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shortenScripts(member)]));
}
