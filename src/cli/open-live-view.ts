import { describeBadProfile } from "../cluster/bad-profile.ts";
import type { Cluster } from "../cluster/cluster-view.ts";
import { describeJuicefsProblem } from "../cluster/juicefs-config.ts";
import { KubeConfigError } from "../cluster/kube-config-options.ts";
import { LiveClusterError, openLiveCluster } from "../cluster/live-cluster.ts";
import type { Config } from "../config.ts";
import type { CommandIo } from "./command-io.ts";
import { InputError } from "./input-error.ts";
import { print } from "./print.ts";

export interface LiveViewAccess {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** Added to a message that no cluster is reached: how else it goes. */
  readonly otherwise?: string;
}

/** How else it goes, behind a message that no cluster is reached. */
export const orByFolder = " (or name a folder of its manifests by --cluster DIR)";

/** A person waits for it. */
const startLimitMs = 30_000;

/**
 * The cluster of the kubeconfig (the one that is named, KUBECONFIG, in a pod its ServiceAccount, else ~/.kube/config),
 * read once.
 * Tells on stderr what of it cannot be read. Throws `InputError` when there is no cluster to be reached.
 */
export async function openLiveView(
  config: Config,
  io: CommandIo,
  access: LiveViewAccess = {},
): Promise<Cluster> {
  try {
    return await openLiveCluster({
      kubeconfig: access.kubeconfig ?? io.env["KUBECONFIG"],
      context: access.context,
      signal: io.stop,
      startLimit: startLimitMs,
      pluginProfile: config.pluginProfile,
      onPluginProfile: (profile) => {
        if (profile !== undefined && profile.problems.length > 0)
          void print(io.stderr, `warning: ${describeBadProfile(profile)}\n`);
      },
      juicefs: config.juicefs.enabled ? config.juicefs : undefined,
      onJuicefsConfig: (found) => {
        const wrong = found && describeJuicefsProblem(found);
        if (wrong !== undefined) void print(io.stderr, `warning: ${wrong}\n`);
      },
      onProblem: (_resource, problem) => {
        if (problem !== undefined) void print(io.stderr, `warning: ${problem}\n`);
      },
    });
  } catch (error) {
    if (error instanceof KubeConfigError || error instanceof LiveClusterError)
      throw new InputError([`${error.message}${access.otherwise ?? orByFolder}`]);
    throw error;
  }
}
