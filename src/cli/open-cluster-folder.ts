import {
  type ManifestCluster,
  ManifestFolderError,
  openManifestCluster,
} from "../cluster/manifest-cluster.ts";
import type { Config } from "../config.ts";
import type { CommandIo } from "./command-io.ts";
import { InputError } from "./input-error.ts";
import { print } from "./print.ts";

/**
 * The cluster that a folder of manifests describes, read once. Tells on stderr what in it is not served.
 * Throws `InputError` when the folder cannot be read.
 */
export async function openClusterFolder(
  folder: string,
  config: Config,
  io: CommandIo,
): Promise<ManifestCluster> {
  try {
    const cluster = await openManifestCluster(folder, {
      follow: false,
      kubernetesVersion: config.kubernetesVersion,
    });
    const lines = cluster.contents.problems.map(({ message, severity }) => `${severity}: ${message}\n`);
    await print(io.stderr, lines.join(""));
    return cluster;
  } catch (error) {
    if (error instanceof ManifestFolderError) throw new InputError([error.message]);
    throw error;
  }
}
