import { createHash } from "node:crypto";

const longest = 63;

/**
 * A DNS label made of `wanted` that is not in `taken`: `wanted` itself, else with -2, -3, …; too long a name keeps
 * its beginning and ends in a hash of the whole, so that the same input always gives the same name.
 */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let attempt = 1; ; attempt++) {
    const name = shorten(attempt === 1 ? wanted : `${wanted}-${attempt}`);
    if (!taken.has(name)) return name;
  }
}

function shorten(name: string): string {
  if (name.length <= longest) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, longest - hash.length - 1).replace(/-+$/, "")}-${hash}`;
}
