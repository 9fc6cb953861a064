import { juicefs } from "../../admission/labels.ts";
import { factsLabel } from "../../cluster/juicefs-projections.ts";
import { textAt } from "../../cluster/raw-fields.ts";
import type { Config } from "../../config.ts";
import type { ApiReader } from "./api-reader.ts";
import type { Facts } from "./facts.ts";

/** Reads what claims of the JuiceFS CSI driver are served by. `inside` is the path of Sluice's own namespace. */
export async function gatherJuicefs(
  reader: ApiReader,
  inside: string,
  config: Config["juicefs"],
): Promise<Facts["juicefs"]> {
  const { namespace, name } = config.configMap;
  const place = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(name)}`;
  const [driverConfig, onNode, serverless, secrets, all] = await Promise.all([
    reader.get(place),
    reader.list("/api/v1/namespaces", { labelSelector: `${juicefs.injection}=true` }),
    reader.list("/api/v1/namespaces", { labelSelector: `${juicefs.serverlessInjection}=true` }),
    reader.list(`/api/v1${inside}/configmaps`, { labelSelector: `${factsLabel}=true` }),
    reader.list("/api/v1/persistentvolumes"),
  ]);
  const namespaces =
    "problem" in onNode || "problem" in serverless
      ? onNode
      : { value: [...onNode.value, ...serverless.value] };
  const volumes =
    "problem" in all
      ? all
      : { value: all.value.filter((volume) => textAt(volume, "spec", "csi", "driver") === config.driver) };
  return { config, driverConfig, namespaces, secrets, volumes };
}
