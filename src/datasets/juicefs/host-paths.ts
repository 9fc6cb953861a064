/** A comma list of absolute paths of the node; undefined when one is none. */
export function readHostPaths(text: string | undefined): string[] | undefined {
  const paths = (text ?? "").split(",").flatMap((path) => path.trim() || []);
  return paths.every((path) => /^\/[^/]/.test(path) && !/\p{Cc}|(^|\/)\.\.(\/|$)/u.test(path))
    ? paths
    : undefined;
}
