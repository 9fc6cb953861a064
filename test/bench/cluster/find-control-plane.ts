import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { whyNoSandbox } from "../../e2e/harness/sandbox.ts";

/** There can be no cluster here; the message says what is missing. */
export class NoCluster extends Error {
  override readonly name = "NoCluster";
}

/** The folder with the control plane's programs, which are not built for this. Throws `NoCluster`. */
export function findControlPlane(repository: string): string {
  const why = whyNoSandbox();
  if (why !== undefined) throw new NoCluster(`no cluster can run here: ${why}`);
  const script = join(repository, "test/e2e/control-plane/build.sh");
  const { status, stdout, stderr } = spawnSync("bash", [script, "--if-built"], { encoding: "utf8" });
  if (status !== 0) throw new NoCluster(`there is no control plane to measure with: ${stderr.trim()}`);
  return stdout.trim();
}
