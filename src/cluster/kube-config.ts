import type { KubeConfig } from "@kubernetes/client-node";
import type { KubeConfigOptions } from "./kube-config-options.ts";

/** As `readKubeConfig`, which takes longer to load than all the rest of Sluice: not every command needs it. */
export async function loadKubeConfig(options: KubeConfigOptions): Promise<KubeConfig> {
  const { readKubeConfig } = await import("./read-kube-config.ts");
  return readKubeConfig(options);
}
