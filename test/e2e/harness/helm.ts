import { spawnSync } from "node:child_process";

export const chartFolder = new URL("../../../manifests/chart", import.meta.url).pathname;

/** The helm that the tests of the chart use too: its path, or why there is none. */
export function findHelm(): { readonly path: string } | { readonly why: string } {
  const builder = new URL("../../tools/build-helm.sh", import.meta.url).pathname;
  const { stdout, stderr } = spawnSync("bash", [builder, "--if-built"], { encoding: "utf8" });
  const path = stdout.trim();
  return path === "" ? { why: stderr.trim() } : { path };
}
