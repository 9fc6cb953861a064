import { builtInPlatforms, catalogOf, type PlatformCatalog } from "./catalog.ts";
import { type Platform, platformSchema } from "./platform.ts";

/** What is wrong with one place of the configuration's `platforms`. */
export interface PlatformProblem {
  /** Keys below `platforms`. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * Reads the configuration's `platforms`: by name what is different of a built-in platform, or of the one that a new
 * platform is `like`. Maps are merged, lists and all else replaced; `confirmed: true` says that everything was tested.
 */
export function readPlatforms(value: unknown): { catalog: PlatformCatalog; problems: PlatformProblem[] } {
  const platforms = new Map(builtInPlatforms.map((platform) => [platform.name, platform]));
  const problems: PlatformProblem[] = [];
  if (value !== undefined && !isMap(value))
    problems.push({ path: [], message: "must be a map from a platform's name to what is different of it" });
  for (const [name, entry] of Object.entries(isMap(value) ? value : {})) {
    const read = readPlatform(name, entry, platforms);
    if ("problems" in read) problems.push(...read.problems);
    else platforms.set(name, read.platform);
  }
  return { catalog: catalogOf([...platforms.values()]), problems };
}

function readPlatform(
  name: string,
  entry: unknown,
  known: ReadonlyMap<string, Platform>,
): { platform: Platform } | { problems: PlatformProblem[] } {
  const problem = (path: readonly string[], message: string) => ({
    problems: [{ path: [name, ...path], message }],
  });
  if (!isMap(entry)) return problem([], "must be a map of what is different of this platform");
  const { like, confirmed, ...changes } = entry;
  if ("name" in changes) return problem(["name"], "cannot be changed: the key is the name");
  if (confirmed !== undefined && typeof confirmed !== "boolean")
    return problem(["confirmed"], "must be true or false");
  const base = known.get(typeof like === "string" ? like : name);
  const names = [...known.keys()].join(", ");
  if (like !== undefined && (typeof like !== "string" || base === undefined))
    return problem(["like"], `must be the name of a platform that is known: ${names}`);
  if (base === undefined)
    return problem([], `is not a platform that is known (${names}): name one of them by the key like`);

  // What another platform is recognised by does not send a pod here.
  const start = like === undefined || like === name ? base : { ...base, recognition: {} };
  const merged = merge(start, {
    ...changes,
    name,
    ...(confirmed === true ? { unconfirmed: undefined } : {}),
  });
  const result = platformSchema.safeParse(merged);
  if (result.success) return { platform: result.data };
  return {
    problems: result.error.issues.map(({ path, message }) => ({ path: [name, ...path], message })),
  };
}

/** `base` with the members of `changes`; one that is `undefined` there is left out. */
function merge(base: object, changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, change] of Object.entries(changes)) {
    const before = merged[key];
    if (change === undefined) delete merged[key];
    else merged[key] = isMap(before) && isMap(change) ? merge(before, change) : change;
  }
  return merged;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
