import type { EventWriter, ObjectEvent } from "../event-writer.ts";
import type { InjectedClient, InjectedPod } from "./injected-pod.ts";

/** What happened longer ago has been told by whoever led then, in milliseconds. */
const recentMs = 15 * 60_000;

/**
 * Tells on a pod, under its key, how its clients are where the kubelet's own Events do not: that one came back, or that
 * an app was left with a mount that does not come back. `now` is in milliseconds since 1970.
 */
export function tellOfClients(
  key: string,
  pod: InjectedPod | undefined,
  events: Pick<EventWriter, "tell">,
  now: number,
): void {
  for (const client of pod?.clients ?? []) {
    const event = eventOf(client, now);
    if (pod !== undefined && event !== undefined) events.tell({ kind: "Pod", key, uid: pod.uid }, event);
  }
}

function eventOf(client: InjectedClient, now: number): ObjectEvent | undefined {
  const { state, container, restarts, trouble, lastEnd } = client;
  const told = { type: "Warning", about: container, count: Math.max(1, restarts) } as const;
  if (state === "lost") return { ...told, reason: "MountLost", message: trouble ?? `${container} is gone` };
  if (lastEnd === undefined || restarts === 0) return undefined;
  if (!(now - Date.parse(lastEnd.at) <= recentMs)) return undefined;
  if (state === "restarting" && trouble !== undefined)
    return { ...told, reason: "ClientFails", message: trouble };
  if (state !== "serving") return undefined;
  const times = `started again ${restarts === 1 ? "once" : `${restarts} times`} so far`;
  const message = `${container} ended ${howOf(lastEnd)} and serves again, ${times}`;
  return { ...told, reason: "ClientRestarted", message };
}

function howOf({ exitCode, reason }: NonNullable<InjectedClient["lastEnd"]>): string {
  if (reason === "OOMKilled")
    return "for want of memory (raise sluice.io/client-memory-limit on the pod, or make its cache smaller)";
  return `with status ${exitCode}`;
}
