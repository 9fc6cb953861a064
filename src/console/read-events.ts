import type { ApiConnection } from "../cluster/api-connection.ts";
import { fieldAt, objectsAt, type RawObject, textAt } from "../cluster/raw-fields.ts";
import type { PodEvent } from "./api-types.ts";
import { readLimits } from "./live-reads.ts";

/** Of one pod. */
const mostEvents = 50;
/** Events that are read at once. */
const pageSize = 500;
/** Of the FailedCreate Events of a cluster: other reasons for them than ours may be many more. */
const mostPages = 10;

/** The newest Events of a pod, the newest first. Throws `ApiError`. */
export async function readPodEvents(
  connection: Pick<ApiConnection, "getJson">,
  namespace: string,
  name: string,
  uid: string,
): Promise<PodEvent[]> {
  const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${name},involvedObject.uid=${uid}`;
  const query = new URLSearchParams({ fieldSelector, limit: String(pageSize) });
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events?${query}`;
  const list = await connection.getJson(path, readLimits);
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
const denied = /admission webhook "([^"]*)" denied the request: ([\s\S]*)/;
const ofSluice = /\bsluice\b/;
/** Kubernetes' own are shorter; whoever may create Events may write more. */
const longestMessage = 4_096;

/**
 * What owners of pods were told by the API server when Sluice refused one: their FailedCreate Events, which are kept for
 * an hour by default. Pods that nobody owns leave none. Throws `ApiError`.
 */
export async function readRefusals(connection: Pick<ApiConnection, "getJson">): Promise<Refusal[]> {
  const found: Refusal[] = [];
  let next: string | undefined;
  for (let page = 0; page < mostPages && (page === 0 || next !== undefined); page++) {
    const query = new URLSearchParams({ fieldSelector: "reason=FailedCreate", limit: String(pageSize) });
    if (next !== undefined) query.set("continue", next);
    const list = await connection.getJson(`/api/v1/events?${query}`, readLimits);
    found.push(...objectsAt(list, "items").flatMap(readRefusal));
    next = textAt(list, "metadata", "continue") || undefined;
  }
  return found;
}

function readRefusal(raw: RawObject): Refusal[] {
  const { message, count, last } = readEvent(raw);
  const [, webhook = "", why] = denied.exec(message) ?? [];
  if (why === undefined || !ofSluice.test(webhook)) return [];
  const namespace = textAt(raw, "metadata", "namespace") ?? "";
  const [kind, name] = [textAt(raw, "involvedObject", "kind"), textAt(raw, "involvedObject", "name")];
  return [{ namespace, name: `${kind ?? ""} ${name ?? ""}`.trim(), message: why, count, last }];
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
    message: (textAt(raw, "message") ?? "").slice(0, longestMessage),
    count: typeof count === "number" ? count : 1,
    ...(last !== undefined && { last }),
    source: textAt(raw, "reportingComponent") || textAt(raw, "source", "component") || "",
  };
}
