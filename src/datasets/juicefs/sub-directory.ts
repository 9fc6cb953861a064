import { posix } from "node:path";

/**
 * Where in the file system a volume begins: `subPath` of its attributes below the mount option `subdir`. Undefined when
 * it may lead out of `subdir`, or cannot stand in a list of mount options.
 * (juicefs-csi-driver: pkg/juicefs/mount/builder/common.go.)
 */
export function subDirectory(subdir: string, subPath: string): string | undefined {
  if (!isPlain(subdir) || !isPlain(subPath)) return undefined;
  const path = posix.join(subdir, subPath).replace(/\/$/, "");
  return path === "." ? "" : path;
}

function isPlain(path: string): boolean {
  return !/[\p{Cc},]/u.test(path) && !path.split("/").includes("..");
}
