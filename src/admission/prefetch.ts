import { posix } from "node:path";
import type { Pod } from "kubernetes-types/core/v1";
import type { ResolvedVolume } from "../datasets/resolve.ts";
import type { PodEditor } from "../pod/pod-editor.ts";
import { addPrefetcher, type PrefetcherPlace, prefetcherName, prefetchPath } from "../pod/prefetcher.ts";
import { sizesWithin } from "../pod/quality-of-service.ts";
import { allContainers } from "../types/pod-containers.ts";
import type { Finding } from "../types/reason.ts";
import { fluid } from "./labels.ts";
import type { PrefetchOptions } from "./prefetch-options.ts";
import type { Question } from "./question.ts";
import { quoteValue } from "./quote-value.ts";

/** An image in which `sh` and `dd` are, for a pod that names none. */
export interface PrefetchImage {
  readonly image?: string | undefined;
  readonly imagePullPolicy?: string | undefined;
}

/**
 * Puts the prefetcher into a pod that asks for it. Reading ahead only saves time, so what stands against it is told and
 * refuses no pod. Nothing is done for volumes that no container mounts.
 */
export function prefetchFiles(
  editor: PodEditor,
  asked: PrefetchOptions,
  question: Question,
  volumes: readonly ResolvedVolume[],
  fallback: PrefetchImage,
  place: PrefetcherPlace,
): Finding[] {
  const { pod, config, steps } = question;
  if (!steps.withDataset.includes("FilePrefetcher")) return [notDone(`${steps.by} lists no FilePrefetcher`)];
  if (!place.inOrder)
    return [notDone("the platform starts containers side by side, so that none finds the datasets mounted")];
  const targets = mountedDatasets(pod, volumes);
  if (targets.length === 0) return [notDone("no container of the pod mounts a dataset")];
  if (allContainers(pod).some(isPrefetcher))
    return [notDone(`the pod has a container ${prefetcherName} of its own: rename it`)];
  const { patterns, read, left } = expandItems(asked.items, targets);
  const findings = left.map((why) => notDone(why));
  if (patterns.length === 0)
    return [...findings, notDone("its file list names nothing in the pod's datasets")];
  const chosen = asked.image === undefined ? fallback : { image: asked.image };
  if (chosen.image === undefined)
    return [
      ...findings,
      notDone(
        `no image is known for it: name one by ${fluid.prefetch.image}, or by prefetchImage in the configuration`,
      ),
    ];
  const used = targets.filter(({ volume }) => read.has(volume));
  addPrefetcher(
    editor,
    {
      image: chosen.image,
      imagePullPolicy: chosen.imagePullPolicy,
      patterns,
      volumes: used.map(({ volume }) => volume),
      async: asked.async,
      timeoutSeconds: asked.timeoutSeconds,
      env: asked.env,
      sizes: sizesWithin(pod, config.clientResources),
    },
    place,
  );
  const done = { [fluid.prefetch.injectDone]: "true" };
  editor.merge(["metadata", "annotations"], done, "tells that the prefetcher is in the pod");
  const message = `${prefetcherName} reads ${used.map(({ claim }) => claim).join(", ")} ahead, ${
    asked.async
      ? "beside the app"
      : `before the app starts, which waits for at most ${asked.timeoutSeconds} s`
  }`;
  return [...findings, { code: "prefetched", message }];
}

interface Target {
  readonly volume: string;
  readonly claim: string;
}

function mountedDatasets(pod: Pod, volumes: readonly ResolvedVolume[]): Target[] {
  const containers = allContainers(pod);
  const mounted = new Set(
    containers.flatMap((container) => (container.volumeMounts ?? []).map((m) => m.name)),
  );
  return volumes.flatMap((resolved) =>
    resolved.kind === "dataset" && mounted.has(resolved.volume)
      ? [{ volume: resolved.volume, claim: resolved.dataset.claim.name }]
      : [],
  );
}

/** No container's command could be much longer, and no path. */
const mostPatterns = 5_000;
const longestGlob = 4_096;
/** Of an item, in a message. */
const longestQuote = 60;

/** `pvc://<claim>/<glob>` as patterns for each volume of the claim, which volumes these are, and why items are left out. */
function expandItems(
  items: readonly string[] | undefined,
  targets: readonly Target[],
): { patterns: string[]; read: ReadonlySet<string>; left: string[] } {
  const patterns = new Set<string>();
  const read = new Set<string>();
  const left: string[] = [];
  for (const item of new Set(items ?? targets.map(({ claim }) => `pvc://${claim}`))) {
    if (patterns.size + left.length >= mostPatterns) {
      left.push(`its file list is too long, and its end is left out: name directories instead of files`);
      break;
    }
    const [, claim, glob = ""] = /^pvc:\/\/([^/]*)(.*)$/s.exec(item) ?? [];
    if (claim === undefined) {
      left.push(
        `item ${quoteValue(item, longestQuote)} of its file list is not of the form pvc://CLAIM/GLOB`,
      );
      continue;
    }
    if (glob.length > longestGlob) {
      left.push(`item ${quoteValue(item, longestQuote)} of its file list is over ${longestGlob} characters`);
      continue;
    }
    const own = targets.filter((target) => target.claim === claim);
    if (own.length === 0)
      left.push(
        `claim ${quoteValue(claim, longestQuote)} of its file list is no dataset that a container mounts`,
      );
    // As an absolute path, so that ".." leads nowhere else.
    const clean = posix.normalize(`/${glob}`).replace(/\/$/, "") || "/**";
    for (const { volume } of own) {
      patterns.add(`${prefetchPath(volume)}${clean}`);
      read.add(volume);
    }
  }
  return { patterns: [...patterns], read, left };
}

function isPrefetcher({ name }: { readonly name: string }): boolean {
  return name === prefetcherName;
}

/** What is told where the pod would be refused with the prefetcher, and is not without it. */
export function prefetcherLeftOut(refusals: readonly string[]): Finding {
  return notDone(`its files are not read ahead, for with ${prefetcherName} ${refusals.join("; ")}`);
}

function notDone(why: string): Finding {
  return { code: "not-served", message: `${fluid.prefetch.inject}=true: ${why}` };
}
