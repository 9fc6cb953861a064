import type { ClusterView } from "../../cluster/cluster-view.ts";
import { Problem } from "../problem.ts";

/**
 * Why a volume without a claim of its own cannot be served, if it would be one of JuiceFS: an ephemeral one has no claim
 * before the pod is there, and an inline one names no Secret that a client could be given.
 */
export function juicefsWithoutClaim(
  volume: string,
  source: { readonly storageClassName?: string; readonly driver?: string },
  cluster: ClusterView,
  { driver }: { readonly driver: string },
): Problem | undefined {
  const { storageClassName = "" } = source;
  const provisioned =
    storageClassName !== "" && cluster.storageClass(storageClassName)?.provisioner === driver;
  if (!provisioned && source.driver !== driver) return undefined;
  const what = provisioned
    ? `is ephemeral, so its claim (class ${storageClassName}) is made only after the pod`
    : `is an inline volume of ${driver}`;
  const message = `volume ${volume} ${what}, and a client needs a bound claim first: make a claim, and name it under persistentVolumeClaim`;
  return new Problem("ephemeral-dataset", message, []);
}
