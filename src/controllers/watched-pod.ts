import { fieldAt, objectsAt, type RawObject, textAt } from "../cluster/raw-fields.ts";
import { type CacheWait, cacheGate, cacheWaitAnnotation, parseCacheWait } from "../pod/cache-gate.ts";
import { statusAnnotation } from "../pod/status-annotation.ts";
import { type ClientEnds, needlessClients } from "./end-clients/needless-clients.ts";
import { readRunningPod } from "./end-clients/read-pod.ts";

/** A pod that may need something done, as far as it matters for that. */
export interface WatchedPod {
  readonly uid: string;
  /** Undefined where it holds no client that could be ended. */
  readonly ends?: ClientEnds;
  /** Undefined where it waits for no cache. */
  readonly gate?: CacheGate;
}

export interface CacheGate {
  /** Where it stands in spec.schedulingGates. */
  readonly index: number;
  /** Undefined where the pod does not say in a way that can be understood, or names others' Datasets. */
  readonly wait: CacheWait | undefined;
  /** Of the pod, in milliseconds since 1970. */
  readonly created: number;
}

/** Reads a pod as the API server has it; undefined where there is nothing to be done any more. `sidecars`: by name. */
export function readWatchedPod(raw: RawObject, sidecars: ReadonlySet<string>): WatchedPod | undefined {
  const phase = textAt(raw, "status", "phase");
  if (phase === "Succeeded" || phase === "Failed") return undefined;
  if (fieldAt(raw, "metadata", "deletionTimestamp") !== undefined) return undefined;
  const ends = endsOf(raw, sidecars);
  const gate = gateOf(raw);
  if (ends === undefined && gate === undefined) return undefined;
  const uid = textAt(raw, "metadata", "uid") ?? "";
  return { uid, ...(ends && { ends }), ...(gate && { gate }) };
}

function endsOf(raw: RawObject, sidecars: ReadonlySet<string>): ClientEnds | undefined {
  // Without it the pod is none of ours.
  if (textAt(raw, "metadata", "annotations", statusAnnotation) === undefined) return undefined;
  return needlessClients(readRunningPod(raw), sidecars);
}

function gateOf(raw: RawObject): CacheGate | undefined {
  const index = objectsAt(raw, "spec", "schedulingGates").findIndex((gate) => gate["name"] === cacheGate);
  if (index < 0) return undefined;
  const created = Date.parse(textAt(raw, "metadata", "creationTimestamp") ?? "");
  return {
    index,
    wait: waitOf(raw),
    created: Number.isNaN(created) ? 0 : created,
  };
}

/** Whoever makes a pod may write the annotation, and is told nothing of what is in other namespaces. */
function waitOf(raw: RawObject): CacheWait | undefined {
  const wait = parseCacheWait(textAt(raw, "metadata", "annotations", cacheWaitAnnotation));
  const own = `${textAt(raw, "metadata", "namespace")}/`;
  return wait?.datasets.every((dataset) => dataset.startsWith(own)) ? wait : undefined;
}
