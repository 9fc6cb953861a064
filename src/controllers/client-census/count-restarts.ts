import type { InjectedClient, InjectedPod } from "./injected-pod.ts";

export interface RestartEvents {
  /** So many times since the pod was last looked at. */
  readonly onRestarts: (pod: InjectedPod, client: InjectedClient, times: number) => void;
  readonly onOomKill: (pod: InjectedPod, client: InjectedClient) => void;
}

/**
 * Tells of restarts as they happen: given each pod whenever it has changed, under its key, and undefined when it is gone.
 * What had happened before a pod is first seen is not told: whoever led before has told it.
 */
export function countRestarts({
  onRestarts,
  onOomKill,
}: RestartEvents): (key: string, pod: InjectedPod | undefined) => void {
  const seen = new Map<string, InjectedPod>();
  return (key, pod) => {
    const before = seen.get(key);
    if (pod === undefined) seen.delete(key);
    else seen.set(key, pod);
    if (pod === undefined || before?.uid !== pod.uid) return;
    for (const client of pod.clients) {
      const earlier = before.clients.find(({ container }) => container === client.container);
      if (earlier === undefined) continue;
      const times = client.restarts - earlier.restarts;
      if (times > 0) onRestarts(pod, client, times);
      if (client.oomKilledAt !== undefined && client.oomKilledAt !== earlier.oomKilledAt)
        onOomKill(pod, client);
    }
  };
}
