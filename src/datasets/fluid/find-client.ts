import type { ClientTemplate } from "../../types/dataset-volume.ts";
import { joinBelow } from "../paths.ts";
import { Problem, type Trail } from "../problem.ts";
import { clientTemplate } from "./client-template.ts";
import type { ServedDataset } from "./find-dataset.ts";
import { type MountAttributes, mountAttributes } from "./mount-attributes.ts";
import { parseScrapeTarget } from "./scrape-target.ts";
import { writesBack } from "./writes-back.ts";

export interface FoundClient {
  readonly mount: MountAttributes;
  readonly template: ClientTemplate;
}

/**
 * Finds the client of a dataset: its mount in the volume of the Dataset's own claim, its template in the DaemonSet of
 * the physical dataset. (Fluid copies that one for a reference dataset once, and never again.)
 */
export function findClient(
  found: ServedDataset,
  trail: Trail,
  keepCacheDirectories: boolean,
): FoundClient | Problem {
  const { dataset, type, runtime } = found.physical;
  const full = `${dataset.namespace}/${dataset.name}`;
  const mount = mountAttributes(found, trail);
  if (mount instanceof Problem) return mount;

  const scrape = parseScrapeTarget(type.metricsTarget ? runtime.metricsScrapeTarget : undefined);
  if ("unknown" in scrape)
    return trail.problem(
      "runtime-bad-value",
      (show) =>
        `${type.kind} ${show(full)} has the unknown word "${show(scrape.unknown)}" in fuse.metrics.scrapeTarget: use MountPod, Sidecar, All or None`,
    );

  const clash = nameClash(found, trail);
  if (clash) return clash;

  const name = `${dataset.name}${type.daemonSetSuffix}`;
  const daemonSet = trail.clientDaemonSet(dataset.namespace, name);
  if (!daemonSet)
    return trail.problem(
      "client-not-found",
      (show) =>
        `the client of Dataset ${show(full)} is unknown, for DaemonSet ${show(name)} does not exist: wait until Fluid has created it`,
    );
  const container = daemonSet.template.containers[0];
  if (!container || typeof container !== "object")
    return trail.problem(
      "client-without-container",
      (show) =>
        `the client of Dataset ${show(full)} is unknown, for DaemonSet ${show(name)} has no container: recreate the runtime`,
    );

  const template = clientTemplate(daemonSet, container, mount, {
    keepCacheDirectories,
    scrapesMetrics: scrape.sidecar,
    writesBack: writesBack(container, mount, found.physical),
    type,
    ownVolumes: runtime.ownVolumes ?? [],
    hasTieredStore: runtime.hasTieredStore === true,
  });
  if (!template)
    return trail.problem(
      "client-without-mount",
      (show) =>
        `the client of Dataset ${show(full)} (DaemonSet ${show(name)}) mounts no hostPath that holds ${show(mount.hostPath)}: recreate the runtime`,
    );
  const { directory } = template;
  return {
    mount: directory === undefined ? mount : { ...mount, subPath: joinBelow(directory, mount.subPath) },
    template,
  };
}

/**
 * Fluid copies the client's ConfigMaps for a reference dataset under their own names. Where a dataset there has the name
 * of the one referred to, these names are taken by its own, and the client would serve that dataset.
 */
function nameClash({ dataset, physical }: ServedDataset, trail: Trail): Problem | undefined {
  const { namespace } = dataset;
  const { name } = physical.dataset;
  const [pattern] = physical.type.copiedConfigMaps;
  if (pattern === undefined || physical.dataset.namespace === namespace || name === dataset.name)
    return undefined;
  const other = trail.dataset(namespace, name);
  if (other?.runtimes[0]?.type !== physical.type.type) return undefined;
  return trail.problem(
    "reference-name-clash",
    (show) =>
      `the client of Dataset ${show(`${namespace}/${dataset.name}`)} needs ConfigMap ${show(pattern.replace("*", name))} of ${show(`${physical.dataset.namespace}/${name}`)}, and Dataset ${show(`${namespace}/${name}`)} has one of that name: rename one of the two`,
  );
}
