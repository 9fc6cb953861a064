import type { PatchOperation } from "../../cluster/cluster-writer.ts";
import { cacheGate, cacheWaitAnnotation, cacheWaitResultAnnotation } from "../../pod/cache-gate.ts";
import { type Controller, nothing, type PodWork, podPlace } from "../controller.ts";
import type { EventWriter, Involved } from "../event-writer.ts";
import type { CacheGate } from "../watched-pod.ts";
import type { Done } from "../work-queue.ts";
import { type CacheFacts, judgeCache } from "./judge-cache.ts";

export interface OpenGatesOptions extends PodWork {
  readonly facts: CacheFacts;
  readonly events: Pick<EventWriter, "tell">;
}

/** What has failed a test of a patch has mostly changed, and is told anew by itself. */
const outdated: Done = { result: "outdated", againMs: 5_000 };
/** The API server's clock says when a pod was created, ours when its time is over. */
const afterLimitMs = 50;
const failedReason = "CacheNotWarm";

/** Takes the gate from pods whose datasets' cache is warm; those whose time is over start without it, or fail. */
export function openGates(options: OpenGatesOptions): Controller {
  return {
    name: "open-gates",
    work: async (key, signal) => {
      const pod = options.pods.get(key);
      if (pod?.gate === undefined) return nothing;
      const waiting = { kind: "Pod" as const, key, uid: pod.uid, gate: pod.gate };
      const { wait, created } = pod.gate;
      if (wait === undefined) {
        const why = `annotation ${cacheWaitAnnotation} cannot be understood, so nothing is waited for`;
        return open(waiting, "opened-unread", "CacheWaitUnreadable", why, options, signal);
      }
      const verdict = judgeCache(wait, created, options.facts, options.now());
      if (verdict.state === "warm") return open(waiting, "opened", "CacheWarm", verdict.why, options, signal);
      if (verdict.state === "cold") {
        const then = wait.otherwise === "start" ? "starts all the same" : "fails";
        const message = `not scheduled yet: ${verdict.why}; ${wait.limitSeconds} s after its creation it ${then}`;
        options.events.tell(waiting, { type: "Normal", reason: "WaitingForCache", message });
        return { result: "waiting", againMs: verdict.leftMs + afterLimitMs };
      }
      if (wait.otherwise === "fail") return fail(waiting, verdict.why, options, signal);
      return open(waiting, "opened-late", "CacheStillCold", verdict.why, options, signal);
    },
  };
}

interface WaitingPod extends Involved {
  readonly gate: CacheGate;
}

async function open(
  pod: WaitingPod,
  result: "opened" | "opened-late" | "opened-unread",
  reason: string,
  why: string,
  { writer, log, events }: OpenGatesOptions,
  signal: AbortSignal,
): Promise<Done> {
  if (!(await writer.patch(podPlace(pod.key), openPatch(pod, why), signal))) return outdated;
  log.info({ pod: pod.key }, `the pod may be scheduled: ${why}`);
  const type = result === "opened" ? "Normal" : "Warning";
  events.tell(pod, { type, reason, message: `may be scheduled: ${why}` });
  return { result };
}

async function fail(
  pod: WaitingPod,
  why: string,
  { writer, log, events }: OpenGatesOptions,
  signal: AbortSignal,
): Promise<Done> {
  const place = { ...podPlace(pod.key), subresource: "status" } as const;
  if (!(await writer.patch(place, failPatch(pod, why), signal))) return outdated;
  log.warn({ pod: pod.key }, `the pod has failed, as it asked for: ${why}`);
  events.tell(pod, { type: "Warning", reason: failedReason, message: why });
  return { result: "failed" };
}

/** Fails where the pod is another one of that name, or the gate no longer stands where it stood. */
function openPatch({ uid, gate }: WaitingPod, why: string): PatchOperation[] {
  const path = `/spec/schedulingGates/${gate.index}`;
  const annotation = `/metadata/annotations/${cacheWaitResultAnnotation.replace("/", "~1")}`;
  return [
    { op: "test", path: "/metadata/uid", value: uid },
    { op: "test", path: `${path}/name`, value: cacheGate },
    { op: "remove", path },
    // A pod without any annotation has no place for one.
    ...(gate.wait === undefined ? [] : [{ op: "add" as const, path: annotation, value: why }]),
  ];
}

function failPatch({ uid, gate }: WaitingPod, why: string): PatchOperation[] {
  return [
    { op: "test", path: "/metadata/uid", value: uid },
    // A pod whose gate somebody has taken away is wanted, and may be on its way to a node.
    { op: "test", path: `/spec/schedulingGates/${gate.index}/name`, value: cacheGate },
    { op: "test", path: "/status/phase", value: "Pending" },
    { op: "replace", path: "/status/phase", value: "Failed" },
    { op: "add", path: "/status/reason", value: failedReason },
    { op: "add", path: "/status/message", value: why },
  ];
}
