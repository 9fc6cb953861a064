import { execFileSync, spawnSync } from "node:child_process";
import { chartFolder, objectsIn } from "./install-file.ts";

const builder = new URL("../tools/build-helm.sh", import.meta.url).pathname;
const found = spawnSync(builder, ["--if-built"], { encoding: "utf8" });

/** The helm that test/tools/build-helm.sh has built; empty where it has not. */
export const helm = found.stdout.trim();

/** For titles: why what helm renders is skipped; empty where it is not. */
export const withoutHelm = helm === "" ? ` (skipped: ${found.stderr.trim()})` : "";

/** The chart with `values`, each "path=JSON", for a Kubernetes version. Throws with helm's words where it refuses. */
export function renderChart(values: readonly string[] = [], kubernetesVersion = "1.30.0"): string {
  const place = ["--namespace", "sluice-system", "--kube-version", kubernetesVersion];
  const set = values.flatMap((value) => ["--set-json", value]);
  return execFileSync(helm, ["template", "sluice", chartFolder, ...place, ...set], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** The object of a kind and name. Throws where there is none. */
export function namedIn(text: string, kind: string, name: string) {
  const object = objectsIn(text).find((one) => one.kind === kind && one.metadata.name === name);
  if (object === undefined) throw new Error(`no ${kind} ${name}`);
  return object;
}
