import type { ClusterView, KubernetesVersion } from "../cluster/cluster-view.ts";
import type { Platform } from "../platforms/platform.ts";
import { addCacheGate, type CacheWait } from "../pod/cache-gate.ts";
import type { PodEditor } from "../pod/pod-editor.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding } from "../types/reason.ts";
import { sluice } from "./labels.ts";
import type { Question } from "./question.ts";

/**
 * Gates a pod that asks to wait for its datasets' cache, so that it is not scheduled, and pays for no node, before the
 * cache is warm. Where that cannot be, it goes on and is told so. Returns what is to be said.
 */
export function waitForCache(
  editor: PodEditor,
  { options, config, cluster }: Question,
  platform: Platform,
  datasets: readonly DatasetVolume[],
): Finding[] {
  const asked = options.cacheWait;
  const ofFluid = datasets.filter((dataset) => dataset.family === "fluid");
  if (asked === undefined) return [];
  const obstacle = obstacleOf(editor, platform, ofFluid, config.controllers.enabled, cluster.serverVersion());
  if (obstacle !== undefined) {
    const message = `${sluice.waitForCache}: the pod does not wait for its cache, for ${obstacle}`;
    return [{ code: "cache-wait-ignored", message }];
  }
  if (asked.share !== undefined && areWarm(ofFluid, asked.share, cluster)) {
    const message = `the pod need not wait, for its datasets are cached to ${asked.share}% already`;
    return [{ code: "waits-for-cache", message }];
  }
  const { share, limitSeconds = config.controllers.cacheWaitLimit / 1_000, otherwise } = asked;
  const names = [...new Set(ofFluid.map(({ dataset }) => `${dataset.namespace}/${dataset.name}`))].sort();
  const wait: CacheWait = {
    ...(share === undefined ? {} : { share }),
    limitSeconds,
    otherwise,
    datasets: names,
  };
  const all = `Dataset ${names.join(", ")}`;
  const until = share === undefined ? `the DataLoad of ${all} is complete` : `${all} is cached to ${share}%`;
  const then = otherwise === "start" ? "starts all the same" : "fails";
  const message = `the pod waits until ${until}; ${limitSeconds} s after its creation it ${then}`;
  addCacheGate(editor, wait, message);
  return [{ code: "waits-for-cache", message }];
}

function areWarm(datasets: readonly DatasetVolume[], share: number, cluster: ClusterView): boolean {
  return datasets.every(({ dataset: { namespace, name } }) => {
    const part = cluster.dataset(namespace, name)?.cachedPart;
    return part !== undefined && part * 100 >= share;
  });
}

/** Kubernetes: KEP-3521, scheduling gates are on by default since 1.27. */
const since = 27;

function obstacleOf(
  { pod }: PodEditor,
  platform: Platform,
  datasets: readonly DatasetVolume[],
  controllers: boolean,
  version: KubernetesVersion | undefined,
): string | undefined {
  if (!controllers)
    return "nothing would open its gate: install Sluice's controllers (controllers.enabled in the chart)";
  if (pod.spec?.nodeName)
    return `spec.nodeName places it on ${pod.spec.nodeName} without a scheduler: remove it`;
  if (version !== undefined && version.major === 1 && version.minor < since)
    return `the API server is ${version.major}.${version.minor} and knows no scheduling gates before 1.${since}`;
  if (platform.scheduler === "own") return pastScheduler(platform);
  if (datasets.length === 0) return "none of its datasets is Fluid's, which alone says what is cached";
  return undefined;
}

function pastScheduler({ name, unconfirmed }: Platform): string {
  const load = "load the dataset before the pod is created";
  if (unconfirmed["scheduler"] === undefined)
    return `platform ${name} takes pods past the cluster's scheduler, which alone heeds a gate: ${load}`;
  return `platform ${name} may take pods past the cluster's scheduler, which alone heeds a gate: ${load}, or say platforms.${name}.scheduler: cluster once you know better`;
}
