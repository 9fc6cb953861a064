/** Where in the console somebody is: the part of the address after "#". */
export interface Route {
  /** "pods", or "pods" "demo" "train" for one of them. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const parts = path.split("/").filter((part) => part !== "");
  return { parts: parts.map(decode), query: new URLSearchParams(search) };
}

/** A link within the console. */
export function linkTo(
  parts: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== "") search.set(key, value);
  const text = search.toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}

/**
 * The link to the list `section` with changes to what it is asked for, by the address as it is now: what is on the screen
 * may be older. Undefined where somebody has gone elsewhere meanwhile.
 */
export function changedList(
  hash: string,
  section: string,
  changes: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { parts, query } = parseRoute(hash);
  if (parts.join("/") !== section) return undefined;
  return linkTo([section], { ...Object.fromEntries(query), ...changes });
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
