import { spawnSync } from "node:child_process";
import { join } from "node:path";

const here = new URL("../../..", import.meta.url).pathname;
export const chartFolder = join(here, "manifests/chart");

/**
 * The helm that the tests of the chart use too: its path, or why there is none. A bundle lies elsewhere than this file, so
 * it has to say where the repository is.
 */
export function findHelm(repository = here): { readonly path: string } | { readonly why: string } {
  const builder = join(repository, "test/tools/build-helm.sh");
  const { stdout, stderr } = spawnSync("bash", [builder, "--if-built"], { encoding: "utf8" });
  const path = stdout.trim();
  return path === "" ? { why: stderr.trim() } : { path };
}
