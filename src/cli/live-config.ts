import { ApiConnection } from "../cluster/api-connection.ts";
import { loadKubeConfig } from "../cluster/kube-config.ts";
import { KubeConfigError } from "../cluster/kube-config-options.ts";
import type { Config } from "../config.ts";
import { checkReached } from "./assert-reached.ts";
import { ApiReader } from "./check/api-reader.ts";
import { Progress } from "./check/progress.ts";
import type { CommandIo } from "./command-io.ts";
import { InputError } from "./input-error.ts";
import { chooseConfig } from "./installed-config.ts";
import { type LiveViewAccess, orByFolder } from "./open-live-view.ts";
import { print } from "./print.ts";

/**
 * The configuration of the webhook in the cluster of the kubeconfig. Tells on stderr where the defaults stand in for it.
 * Throws `InputError` when there is no cluster to be reached.
 */
export async function readLiveConfig(
  installedIn: string,
  io: CommandIo,
  { kubeconfig = io.env["KUBECONFIG"], context }: LiveViewAccess,
): Promise<Config> {
  const access = { kubeconfig, context };
  const kubeConfig = await loadKubeConfig(access).catch((error: unknown) => {
    throw error instanceof KubeConfigError ? new InputError([`${error.message}${orByFolder}`]) : error;
  });
  const connection = new ApiConnection(() => loadKubeConfig(access));
  const progress = new Progress(io.stderr, io.program ?? "sluice");
  try {
    await checkReached(connection, kubeConfig.getCurrentCluster()?.server ?? "");
    const { value, note } = await chooseConfig(
      { "installed-in": installedIn },
      new ApiReader(connection, progress),
    );
    if (note !== undefined) await print(io.stderr, `warning: ${note}\n`);
    return value;
  } finally {
    progress.close();
    connection.close();
  }
}
