/** Whether metrics are to be scraped from sidecars, or the word of the target that is not known. */
export type ScrapeTarget = { readonly sidecar: boolean } | { readonly unknown: string };

/**
 * Reads spec.fuse.metrics.scrapeTarget: words of a comma list, in their order, until "All" or "None" ends it.
 * Fluid: pkg/ddc/base/runtime.go; words are not trimmed there either.
 */
export function parseScrapeTarget(target: string | undefined): ScrapeTarget {
  let sidecar = false;
  for (const word of (target || "None").split(",")) {
    if (word === "All") return { sidecar: true };
    if (word === "None") return { sidecar };
    if (word === "Sidecar") sidecar = true;
    else if (word !== "MountPod") return { unknown: word };
  }
  return { sidecar };
}
