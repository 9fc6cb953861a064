import { adaptTemplate, type HostPathChoice } from "../platforms/adapt-template.ts";
import type { Platform } from "../platforms/platform.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding } from "../types/reason.ts";

/** The datasets with the templates of their clients as the platform takes them, and what is replaced in them. */
export function adaptToPlatform(
  datasets: readonly DatasetVolume[],
  platform: Platform,
  hostPaths: HostPathChoice,
): { readonly datasets: readonly DatasetVolume[]; readonly findings: readonly Finding[] } {
  if (platform.mount.by === "views" && platform.rules.forbidden.length === 0)
    return { datasets, findings: [] };
  const findings: Finding[] = [];
  const adapted = datasets.map((dataset): DatasetVolume => {
    if (dataset.client === undefined) return dataset;
    const { template, findings: replaced } = adaptTemplate(dataset.client, platform, hostPaths);
    findings.push(...replaced);
    return { ...dataset, client: template };
  });
  return { datasets: adapted, findings };
}
