import type { CommandIo } from "./command-io.ts";
import type { LiveArguments, LiveFindings } from "./explain-live.ts";
import { type DatasetReport, type DatasetSource, reportDataset } from "./live/dataset-report.ts";
import { decideNow } from "./live/decide-now.ts";
import type { AskedObject } from "./live/object-kinds.ts";
import { checkNamespace } from "./manifest-command.ts";
import { openClusterFolder } from "./open-cluster-folder.ts";
import { UsageError } from "./parse-options.ts";
import { readConfig } from "./read-config.ts";

/**
 * As `explainLive`, of a folder of manifests that stands for the cluster; it knows claims and Datasets, and no pods.
 * Throws `UsageError` for any other kind, and `InputError` when the folder cannot be read.
 */
export async function explainFolder(
  asked: readonly AskedObject[],
  options: LiveArguments & { readonly cluster: string },
  io: CommandIo,
): Promise<LiveFindings> {
  const namespace = options.namespace ?? "default";
  checkNamespace(namespace);
  const config = await readConfig(options.config);
  const kinds = asked.map(({ kind, name }) => {
    const { kind: asked } = kind;
    if (asked === "PersistentVolumeClaim" || asked === "Dataset") return { kind: asked, name } as const;
    throw new UsageError(
      `${asked} ${name} is asked of a live cluster: leave out --cluster, or name a manifest by -f`,
    );
  });
  const cluster = await openClusterFolder(options.cluster, config, io);
  const source: DatasetSource = {
    decide: async (pod, place) => decideNow(pod, place, true, { view: cluster.view, config }),
    ask: async (question) => question(cluster.view),
    nodesWith: async (label) =>
      [...cluster.inventory.nodes()]
        .flatMap(({ name, labels }) => (labels[label] === "true" ? [name] : []))
        .sort(),
    pods: async () => [],
  };
  try {
    const reports: DatasetReport[] = [];
    const absent: string[] = [];
    for (const { kind, name } of kinds) {
      const report = await reportDataset(kind, namespace, name, source);
      if (report === undefined)
        absent.push(`${kind} ${namespace}/${name}: does not exist in ${options.cluster}`);
      else reports.push(report);
    }
    return { reports, absent, missing: [] };
  } finally {
    await cluster.close();
  }
}
