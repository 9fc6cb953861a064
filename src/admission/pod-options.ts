import type { Pod } from "kubernetes-types/core/v1";
import { parseQuantity } from "../types/quantity.ts";
import type { Finding } from "../types/reason.ts";
import { type CacheWaitOptions, readCacheWaitOptions } from "./cache-wait-options.ts";
import type { Mode } from "./decision.ts";
import { fluid, sluice } from "./labels.ts";
import { type PrefetchOptions, readPrefetchOptions } from "./prefetch-options.ts";
import { quoteValue } from "./quote-value.ts";

/** What a pod says about how it wants to be served. Absent: not said. */
export interface PodOptions {
  readonly mode?: Mode;
  readonly platform?: string;
  readonly sidecar?: "auto" | "native" | "classic";
  readonly cacheAffinity?: "preferred" | "strong" | "required" | "none";
  readonly clientStop?: "wait" | "detach";
  readonly clientSizes: { readonly requests: Sizes; readonly limits: Sizes };
  readonly keepCacheDirectories: boolean;
  readonly skipBoundCheck: boolean;
  /** Whether the client gets a hook that waits for the mount. */
  readonly gate: boolean;
  /** Whether the app's containers get a hook that looks for their datasets' mounts. */
  readonly checkMounts: boolean;
  /** Absent: no files are to be read ahead, or they are already. */
  readonly prefetch?: PrefetchOptions;
  /** Claims whose cache the pod requires. */
  readonly requiredClaims: ReadonlySet<string>;
  /** Absent: the pod does not wait for its datasets' cache. */
  readonly cacheWait?: CacheWaitOptions;
}

interface Sizes {
  cpu?: string;
  memory?: string;
}

/** Reads the pod's options. Bad values come back as one finding that names all of them. */
export function readPodOptions(pod: Pod): { options: PodOptions; problem?: Finding } {
  const labels = pod.metadata?.labels ?? {};
  const annotations = pod.metadata?.annotations ?? {};
  const bad: string[] = [];
  const choice = <T extends string>(key: string, allowed: readonly T[]): T | undefined => {
    const value = annotations[key];
    const found = allowed.find((candidate) => candidate === value);
    if (value !== undefined && found === undefined)
      bad.push(`${key}=${quoteValue(value)} (use ${allowed.join(", ")})`);
    return found;
  };
  const mode = choice(sluice.mode, ["sidecar", "csi"]);
  const sidecar = choice(sluice.sidecar, ["auto", "native", "classic"]);
  const cacheAffinity = choice(sluice.cacheAffinity, ["preferred", "strong", "required", "none"]);
  const clientStop = choice(sluice.clientStop, ["wait", "detach"]);
  const inject = labels[sluice.inject];
  if (inject !== undefined && inject !== "true" && inject !== "false")
    bad.push(`${sluice.inject}=${quoteValue(inject)} (use true, false)`);
  const clientSizes = readSizes(annotations, bad);
  const platform = annotations[sluice.platform];
  const prefetch = readPrefetchOptions(annotations, bad);
  const cacheWait = readCacheWaitOptions(annotations, bad);

  const options: PodOptions = {
    ...(mode && { mode }),
    ...(sidecar && { sidecar }),
    ...(cacheAffinity && { cacheAffinity }),
    ...(clientStop && { clientStop }),
    ...(platform !== undefined && { platform }),
    clientSizes,
    keepCacheDirectories: labels[fluid.cacheDirectories] === "true",
    skipBoundCheck: annotations[fluid.skipPrecheck] === "true",
    gate: labels[fluid.clientPostStart] !== "false",
    checkMounts: labels[fluid.appPostStart] === "true",
    ...(prefetch && { prefetch }),
    requiredClaims: requiredClaims(labels),
    ...(cacheWait && { cacheWait }),
  };
  if (bad.length === 0) return { options };
  return {
    options,
    problem: { code: "bad-value", message: `the pod carries values that are not known: ${bad.join("; ")}` },
  };
}

function readSizes(annotations: Readonly<Record<string, string>>, bad: string[]): PodOptions["clientSizes"] {
  const sizes = { requests: {} as Sizes, limits: {} as Sizes };
  for (const resource of ["cpu", "memory"] as const) {
    for (const kind of ["request", "limit"] as const) {
      const key = sluice.clientSize(resource, kind);
      const value = annotations[key];
      if (value === undefined) continue;
      if (parseQuantity(value)) sizes[`${kind}s`][resource] = value;
      else
        bad.push(
          `${key}=${quoteValue(value)} (use a quantity above zero such as ${resource === "cpu" ? "500m" : "1Gi"})`,
        );
    }
    const request = sizes.requests[resource];
    const limit = sizes.limits[resource];
    if (
      request !== undefined &&
      limit !== undefined &&
      (parseQuantity(request) ?? 0) > (parseQuantity(limit) ?? 0)
    )
      bad.push(
        `${sluice.clientSize(resource, "request")}=${request} is more than ${sluice.clientSize(resource, "limit")}=${limit}`,
      );
  }
  return sizes;
}

function requiredClaims(labels: Readonly<Record<string, string>>): ReadonlySet<string> {
  const claims = new Set<string>();
  for (const [key, value] of Object.entries(labels)) {
    const claim = value === "required" ? fluid.required.exec(key)?.[1] : undefined;
    if (claim !== undefined) claims.add(claim);
  }
  return claims;
}
