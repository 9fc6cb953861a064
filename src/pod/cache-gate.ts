import type { Pod } from "kubernetes-types/core/v1";
import { controllersLabel } from "./end-sign.ts";
import type { PodEditor } from "./pod-editor.ts";

/** Scheduling gate of a pod that waits for its datasets' cache; `sluice controllers` takes it away. */
export const cacheGate = "sluice.io/cache";

/** Pod annotation, written with the gate: what the pod waits for, as JSON. */
export const cacheWaitAnnotation = "sluice.io/cache-wait";

/** Pod annotation, written when the gate is taken away: why. */
export const cacheWaitResultAnnotation = "sluice.io/cache-wait-result";

/** What a pod waits for before it is scheduled. */
export interface CacheWait {
  /** Percent of each dataset that have to be in its cache; undefined: its newest DataLoad has to be complete. */
  readonly share?: number;
  /** How long it waits after its creation, in seconds. */
  readonly limitSeconds: number;
  /** What happens then: it starts all the same, or it fails. */
  readonly otherwise: "start" | "fail";
  /** "namespace/name" of each Dataset. */
  readonly datasets: readonly string[];
}

/** Lets the pod wait; one that waits already is left as it is. */
export function addCacheGate(editor: PodEditor, wait: CacheWait, why: string): void {
  if (hasCacheGate(editor.pod)) return;
  editor.append(["spec", "schedulingGates"], { name: cacheGate }, why);
  editor.merge(["metadata", "labels"], { [controllersLabel]: "true" }, why);
  editor.merge(["metadata", "annotations"], { [cacheWaitAnnotation]: JSON.stringify(wait) }, why);
}

/** Whether the pod waits for its cache. */
export function hasCacheGate({ spec }: Pod): boolean {
  return spec?.schedulingGates?.some(({ name }) => name === cacheGate) ?? false;
}

/** Reads the annotation back; undefined where it cannot be understood. */
export function parseCacheWait(annotation: string | undefined): CacheWait | undefined {
  let value: unknown;
  try {
    value = JSON.parse(annotation ?? "");
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields: { readonly [Key in keyof CacheWait]?: unknown } = value;
  const { share, limitSeconds, otherwise, datasets } = fields;
  if (typeof limitSeconds !== "number" || !(limitSeconds >= 0)) return undefined;
  if (otherwise !== "start" && otherwise !== "fail") return undefined;
  if (!Array.isArray(datasets) || !datasets.every((name) => typeof name === "string")) return undefined;
  if (share === undefined) return { limitSeconds, otherwise, datasets };
  if (typeof share !== "number" || !(share > 0 && share <= 100)) return undefined;
  return { share, limitSeconds, otherwise, datasets };
}
