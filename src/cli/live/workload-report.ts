import type { Pod } from "kubernetes-types/core/v1";
import type { Decision } from "../../admission/decision.ts";
import type { RawObject } from "../../cluster/raw-fields.ts";
import { type ClientStatus, readClientStates } from "../../pod/client-state.ts";
import { findClients } from "../../pod/find-clients.ts";
import { takeOut } from "../../pod/take-out/take-out.ts";
import { clientReasonInfo } from "../../types/client-reasons.ts";
import { findPod } from "../pod-template.ts";
import { asPod } from "./as-pod.ts";
import { type DecidingState, decideNow } from "./decide-now.ts";
import { type AskedObject, apiVersionOf } from "./object-kinds.ts";
import type { PodReport } from "./pod-report.ts";

/** How a workload of the cluster stands: what its template becomes, and its pods. */
export interface WorkloadReport extends NextPod {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** All of its pods that have not ended; those that are not well, and those that differ, as a whole. */
  readonly pods: readonly PodSummary[];
  readonly details: readonly PodReport[];
}

/** What would become of the next pod of a workload. */
export interface NextPod {
  /** What would be decided about it. */
  readonly now?: Decision;
  /** The template holds what was injected into it: each pod is a copy of one that was injected. */
  readonly templateInjected: boolean;
  readonly unknown: readonly string[];
}

export interface PodSummary {
  readonly name: string;
  readonly node?: string;
  readonly injected: boolean;
  readonly clients: readonly Pick<ClientStatus, "container" | "state" | "code">[];
}

/** Of how many pods all is read. */
const mostDetails = 5;

/** The pod of a workload's template, without what was injected into it. Throws `InputError` where it has none. */
export function templateOf(
  raw: RawObject,
  { kind, name }: AskedObject,
  namespace: string,
): { readonly pod?: Pod; readonly injected: boolean; readonly unknown: readonly string[] } {
  const object = {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name,
    namespace,
    value: raw,
    path: [],
    place: `${kind.kind} ${name}`,
  };
  const template = asPod(findPod(object)?.pod ?? {});
  if (template === undefined) return { injected: false, unknown: [] };
  const bare = takeOut(template);
  return {
    ...(bare.blocking.length > 0 ? {} : { pod: bare.pod }),
    injected: findClients(template).length > 0,
    unknown: bare.blocking,
  };
}

/** What would be decided about the next pod of a workload. Throws `InputError` for one without template. */
export function judgeNextPod(
  raw: RawObject,
  asked: AskedObject,
  namespace: string,
  state: DecidingState,
): NextPod {
  const { pod, injected, unknown } = templateOf(raw, asked, namespace);
  const now = pod && decideNow(pod, namespace, true, state);
  return { ...(now === undefined ? {} : { now }), templateInjected: injected, unknown };
}

/** A workload's pods that are told of as a whole: those that are not well or differ, else one of them. */
export function podsToTellOf(
  pods: readonly Pod[],
  summaries: readonly PodSummary[],
  { now }: NextPod,
): readonly Pod[] {
  const suspicious = pods.filter((_, index) => isSuspicious(summaries[index], now));
  return (suspicious.length > 0 ? suspicious : pods.slice(0, 1)).slice(0, mostDetails);
}

function isSuspicious(summary: PodSummary | undefined, now: Decision | undefined): boolean {
  const wouldBe = now?.verdict === "injected" && now.mode === "sidecar";
  if (now !== undefined && summary?.injected !== wouldBe) return true;
  return summary?.clients.some(({ code }) => clientReasonInfo(code).level !== "ok") ?? false;
}

/** What its workload's report tells of a pod. */
export function summarize(pod: Pod): PodSummary {
  const clients = readClientStates(pod);
  const node = pod.spec?.nodeName;
  return {
    name: pod.metadata?.name ?? "",
    ...(node === undefined ? {} : { node }),
    injected: clients.length > 0,
    clients: clients.map(({ container, state, code }) => ({ container, state, code })),
  };
}
