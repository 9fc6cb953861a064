import type { Pod } from "kubernetes-types/core/v1";
import type { Decision } from "../../admission/decision.ts";
import { fieldAt, objectsAt, type RawObject, textAt, textMapAt, textsAt } from "../../cluster/raw-fields.ts";
import { type ClientStatus, readClientStates } from "../../pod/client-state.ts";
import { findClients } from "../../pod/find-clients.ts";
import { takeOut } from "../../pod/take-out/take-out.ts";
import { findPod } from "../pod-template.ts";
import { asPod, type LiveSession } from "./live-session.ts";
import type { AskedObject } from "./object-kinds.ts";
import { type PodReport, reportPod } from "./pod-report.ts";

/** How a workload of the cluster stands: what its template becomes, and its pods. */
export interface WorkloadReport {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** What would be decided about the next pod. */
  readonly now?: Decision;
  /** Its template holds what was injected into it: each pod is a copy of one that was injected. */
  readonly templateInjected: boolean;
  readonly unknown: readonly string[];
  /** All of its pods that have not ended; those that are not well, and those that differ, as a whole. */
  readonly pods: readonly PodSummary[];
  readonly details: readonly PodReport[];
}

export interface PodSummary {
  readonly name: string;
  readonly node?: string;
  readonly injected: boolean;
  readonly clients: readonly Pick<ClientStatus, "container" | "state" | "code">[];
}

/** Of how many pods all is read. */
const mostDetails = 5;

export async function reportWorkload(
  raw: RawObject,
  { kind, name }: AskedObject,
  namespace: string,
  session: LiveSession,
): Promise<WorkloadReport> {
  const apiVersion = kind.group.replace(/^\/apis?\//, "");
  const object = {
    apiVersion,
    kind: kind.kind,
    name,
    namespace,
    value: raw,
    path: [],
    place: `${kind.kind} ${name}`,
  };
  const template = asPod(findPod(object)?.pod ?? {});
  const bare = template === undefined ? undefined : takeOut(template);
  const known = bare !== undefined && bare.blocking.length === 0;
  const now = known ? await session.decide(bare.pod, namespace, true) : undefined;
  const pods = await readPods(raw, kind.kind, namespace, session);
  const summaries = pods.map(summarize);
  const suspicious = pods.filter((pod, index) => isSuspicious(pod, summaries[index], now));
  const shown = (suspicious.length > 0 ? suspicious : pods.slice(0, 1)).slice(0, mostDetails);
  const details: PodReport[] = [];
  for (const pod of shown) details.push(await reportPod(pod, namespace, session));
  return {
    kind: kind.kind,
    namespace,
    name,
    ...(now === undefined ? {} : { now }),
    templateInjected: template !== undefined && findClients(template).length > 0,
    unknown: bare?.blocking ?? [],
    pods: summaries,
    details,
  };
}

function isSuspicious(pod: Pod, summary: PodSummary | undefined, now: Decision | undefined): boolean {
  const wouldBe = now?.verdict === "injected" && now.mode === "sidecar";
  if (now !== undefined && summary?.injected !== wouldBe) return true;
  return readClientStates(pod).some(({ level }) => level !== "ok");
}

function summarize(pod: Pod): PodSummary {
  const clients = readClientStates(pod);
  const node = pod.spec?.nodeName;
  return {
    name: pod.metadata?.name ?? "",
    ...(node === undefined ? {} : { node }),
    injected: clients.length > 0,
    clients: clients.map(({ container, state, code }) => ({ container, state, code })),
  };
}

async function readPods(
  raw: RawObject,
  kind: string,
  namespace: string,
  session: LiveSession,
): Promise<readonly Pod[]> {
  const selector = kind === "CronJob" ? await jobsOf(raw, namespace, session) : selectorOf(raw);
  if (selector === undefined) return [];
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  const found = await session.list(`Pods of namespace ${namespace}`, path, {
    labelSelector: selector,
    fieldSelector: "status.phase!=Succeeded,status.phase!=Failed",
  });
  return found.flatMap((pod) => asPod(pod) ?? []);
}

/** Kubernetes: docs, "Labels and Selectors". */
function selectorOf(raw: RawObject): string | undefined {
  const equal = Object.entries(textMapAt(raw, "spec", "selector", "matchLabels"));
  const expressions = objectsAt(raw, "spec", "selector", "matchExpressions").map((expression) => {
    const key = textAt(expression, "key") ?? "";
    const values = textsAt(expression, "values").join(",");
    switch (textAt(expression, "operator")) {
      case "Exists":
        return key;
      case "DoesNotExist":
        return `!${key}`;
      case "NotIn":
        return `${key} notin (${values})`;
      default:
        return `${key} in (${values})`;
    }
  });
  const parts = [...equal.map(([key, value]) => `${key}=${value}`), ...expressions];
  return parts.length === 0 ? undefined : parts.join(",");
}

async function jobsOf(raw: RawObject, namespace: string, session: LiveSession): Promise<string | undefined> {
  const uid = textAt(raw, "metadata", "uid");
  const path = `/apis/batch/v1/namespaces/${encodeURIComponent(namespace)}/jobs`;
  const jobs = await session.list(`Jobs of namespace ${namespace}`, path, {});
  const own = jobs.filter((job) =>
    objectsAt(job, "metadata", "ownerReferences").some((owner) => fieldAt(owner, "uid") === uid),
  );
  const names = own.flatMap((job) => textAt(job, "metadata", "name") ?? []);
  return names.length === 0 ? undefined : `batch.kubernetes.io/job-name in (${names.join(",")})`;
}
