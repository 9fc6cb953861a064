import { posix } from "node:path";

/** The cleaned form of an absolute path; undefined when it is relative, climbs by "..", or cannot be a path. */
export function cleanAbsolutePath(path: unknown): string | undefined {
  if (typeof path !== "string" || !path.startsWith("/") || !isPlain(path)) return undefined;
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

/** The cleaned form of a path below some root, "" for the root itself; undefined when it may lead out of the root. */
export function cleanSubPath(path: unknown): string | undefined {
  if (typeof path !== "string" || path.startsWith("/") || !isPlain(path)) return undefined;
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/** What of `path` lies below `parent`, without a leading slash; undefined when it lies elsewhere. Both are clean. */
export function below(parent: string, path: string): string | undefined {
  if (path === parent) return "";
  const prefix = parent === "/" ? "/" : `${parent}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}

/** `parent` and a clean path below it. */
export function joinBelow(parent: string, rest: string): string {
  if (rest === "") return parent;
  return parent === "/" ? `/${rest}` : `${parent}/${rest}`;
}

function isPlain(path: string): boolean {
  if (/\p{Cc}/u.test(path)) return false;
  return !path.includes("..") || !path.split("/").includes("..");
}
