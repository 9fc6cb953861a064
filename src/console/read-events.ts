import type { ApiConnection } from "../cluster/api-connection.ts";
import { fieldAt, objectsAt, type RawObject, textAt } from "../cluster/raw-fields.ts";
import type { PodEvent } from "./api-types.ts";

const answerMs = 5_000;
/** Of one pod. */
const mostEvents = 50;
/** Of the whole cluster, a page of them. */
const mostRefusals = 500;

/** The newest Events of a pod, the newest first. Throws `ApiError`. */
export async function readPodEvents(
  connection: Pick<ApiConnection, "getJson">,
  namespace: string,
  name: string,
  uid: string,
): Promise<PodEvent[]> {
  const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${name},involvedObject.uid=${uid}`;
  const query = new URLSearchParams({ fieldSelector });
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events?${query}`;
  const list = await connection.getJson(path, { idleMs: answerMs });
  return objectsAt(list, "items")
    .map(readEvent)
    .sort((a, b) => ((a.last ?? "") < (b.last ?? "") ? 1 : -1))
    .slice(0, mostEvents);
}

/** A workload whose pod was refused by Sluice. */
export interface Refusal {
  readonly namespace: string;
  /** "Job train". */
  readonly name: string;
  readonly message: string;
  readonly count: number;
  readonly last: string | undefined;
}

// Kubernetes: staging/src/k8s.io/apiserver, admission/plugin/webhook/errors: 'admission webhook "…" denied the request: …'.
const denied = /admission webhook "[^"]*\bsluice\b[^"]*" denied the request: ([\s\S]*)/;

/**
 * What owners of pods were told by the API server when Sluice refused one: their FailedCreate Events, which are kept for
 * an hour by default. Pods that nobody owns leave none. Throws `ApiError`.
 */
export async function readRefusals(connection: Pick<ApiConnection, "getJson">): Promise<Refusal[]> {
  const query = new URLSearchParams({ fieldSelector: "reason=FailedCreate", limit: String(mostRefusals) });
  const list = await connection.getJson(`/api/v1/events?${query}`, { idleMs: answerMs });
  return objectsAt(list, "items").flatMap((raw) => {
    const { message, count, last } = readEvent(raw);
    const why = denied.exec(message)?.[1];
    if (why === undefined) return [];
    const namespace = textAt(raw, "metadata", "namespace") ?? "";
    const [kind, name] = [textAt(raw, "involvedObject", "kind"), textAt(raw, "involvedObject", "name")];
    return [{ namespace, name: `${kind ?? ""} ${name ?? ""}`.trim(), message: why, count, last }];
  });
}

function readEvent(raw: RawObject): PodEvent {
  const count = fieldAt(raw, "count") ?? fieldAt(raw, "series", "count");
  const last =
    textAt(raw, "series", "lastObservedTime") ??
    textAt(raw, "lastTimestamp") ??
    textAt(raw, "eventTime") ??
    textAt(raw, "metadata", "creationTimestamp");
  return {
    type: textAt(raw, "type") ?? "",
    reason: textAt(raw, "reason") ?? "",
    message: textAt(raw, "message") ?? "",
    count: typeof count === "number" ? count : 1,
    ...(last !== undefined && { last }),
    source: textAt(raw, "reportingComponent") || textAt(raw, "source", "component") || "",
  };
}
