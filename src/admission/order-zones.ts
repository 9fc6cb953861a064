import type { Config } from "../config.ts";
import type { Platform } from "../platforms/platform.ts";
import type { PodEditor } from "../pod/pod-editor.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding } from "../types/reason.ts";

const zoneKey = "topology.kubernetes.io/zone";

/**
 * Where a platform heeds no node affinity, leads the pod to the zones in which its caches' workers run, by the
 * platform's own annotation: these zones first, or alone where the cache is required. A pod that states its places keeps them.
 */
export function orderZones(
  editor: PodEditor,
  { name, zones, nodeAffinity }: Platform,
  datasets: readonly DatasetVolume[],
  choice: Config["cacheAffinity"],
): Finding[] {
  if (zones === undefined || nodeAffinity === "heard" || choice === "none") return [];
  const { annotation, order, byZone } = zones;
  if (editor.pod.metadata?.annotations?.[annotation] !== undefined) return [];
  const wanted = new Set(datasets.flatMap(zonesOf).filter((zone) => Object.hasOwn(byZone, zone)));
  if (wanted.size === 0) return [];
  const others = choice === "required" ? [] : Object.keys(byZone).filter((zone) => !wanted.has(zone));
  const places = [...wanted, ...others].map((zone) => byZone[zone]).join(",");
  const why = "leads the pod to the zones of its caches, where node affinity is ignored";
  editor.merge(
    ["metadata", "annotations"],
    { [annotation]: places, ...(order === undefined ? {} : { [order.annotation]: order.value }) },
    why,
  );
  const message = `platform ${name}, place: ${annotation}=${places}, for the caches are in ${[...wanted].join(", ")}`;
  return [{ code: "zones-ordered", message }];
}

function zonesOf({ locality }: DatasetVolume): readonly string[] {
  return locality.workerRequirements
    .filter(({ key, operator }) => key === zoneKey && operator === "In")
    .flatMap(({ values }) => values ?? []);
}
