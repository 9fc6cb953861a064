import type { MissedCount } from "../../telemetry/missed-metrics.ts";
import type { Involved, ObjectEvent } from "../event-writer.ts";
import type { MissedPod } from "./missed-pod.ts";

/** The missed pods of one workload, or one that none makes. */
export interface MissedGroup {
  readonly first: MissedPod;
  readonly pods: readonly MissedPod[];
}

/** Kinds that make pods and that Events are told on. */
const eventKinds = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"] as const;

/** In the order in which the first of each stands in `missed`. */
export function groupByMaker(missed: readonly MissedPod[]): MissedGroup[] {
  const groups = new Map<string, { first: MissedPod; pods: MissedPod[] }>();
  for (const pod of missed) {
    const { kind, name } = pod.maker;
    const key = kind === undefined ? `/${pod.namespace}/${pod.name}` : `${kind}/${pod.namespace}/${name}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { first: pod, pods: [pod] });
    else known.pods.push(pod);
  }
  return [...groups.values()];
}

/** By words that metrics can have as labels. */
export function countMissed(missed: readonly MissedPod[]): MissedCount[] {
  const counts = new Map<string, MissedCount>();
  for (const { maker, refusal } of missed) {
    const known = eventKinds.find((kind) => kind === maker.kind);
    const madeBy = known ?? (maker.kind === undefined ? "none" : "other");
    const fate = refusal === undefined ? "injected" : "refused";
    const key = `${madeBy} ${fate}`;
    counts.set(key, { madeBy, fate, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

/** Whom it is told on: the workload, or the pod where the workload's uid or kind is not known. */
export function involvedIn(
  { namespace, name, uid, maker }: MissedPod,
  makerUid: string | undefined,
): Involved {
  const kind = eventKinds.find((known) => known === maker.kind);
  if (kind === undefined || makerUid === undefined) return { kind: "Pod", key: `${namespace}/${name}`, uid };
  return { kind, key: `${namespace}/${maker.name}`, uid: makerUid };
}

/** What is told on the object that made the pods. */
export function eventOf({ first, pods }: MissedGroup): ObjectEvent {
  const { mounts, refusal, restarted, remedy } = first;
  const what = `${describePods(pods)} without a client for ${mounts.join(", ")}`;
  const event = { type: "Warning", reason: "RunsWithoutDatasets" } as const;
  if (refusal !== undefined) return { ...event, message: `${what}, and would be refused now: ${refusal}` };
  if (!restarted) return { ...event, message: `${what}: ${remedy}` };
  const message = `${what}, although it was restarted: see by "sluice check" whether the webhook is called`;
  return { ...event, reason: "StillWithoutDatasets", message };
}

/** "pod web-1 runs", "pod web-1 and 2 others run". */
export function describePods([first, ...others]: readonly MissedPod[]): string {
  const name = `pod ${first?.name}`;
  if (others.length === 0) return `${name} runs`;
  return `${name} and ${others.length} other${others.length === 1 ? "" : "s"} run`;
}
