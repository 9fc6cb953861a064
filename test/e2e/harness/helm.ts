import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ClusterCommand } from "./cluster-command.ts";
import type { TestCluster } from "./test-cluster.ts";

export const chartFolder = new URL("../../../manifests/chart", import.meta.url).pathname;

/** The helm that the tests of the chart use too: its path, or why there is none. */
export function findHelm(): { readonly path: string } | { readonly why: string } {
  const builder = new URL("../../tools/build-helm.sh", import.meta.url).pathname;
  const { stdout, stderr } = spawnSync("bash", [builder, "--if-built"], { encoding: "utf8" });
  const path = stdout.trim();
  return path === "" ? { why: stderr.trim() } : { path };
}

/** helm as the administrator of `cluster`, with nothing of the user who runs the tests. */
export function helmFor({ plane, sandbox }: TestCluster, path: string): ClusterCommand {
  const folder = join(plane.folder, "helm");
  const argv = [path, `--kubeconfig=${join(plane.pki.folder, "admin.conf")}`];
  return new ClusterCommand(sandbox, "helm", argv, {
    HELM_CACHE_HOME: join(folder, "cache"),
    HELM_CONFIG_HOME: join(folder, "config"),
    HELM_DATA_HOME: join(folder, "data"),
  });
}
