import type { Line, NodePod } from "./node-pod.ts";

/** What a reader's reads came to. */
export interface Reads {
  readonly failed: readonly Line[];
  /** The longest time without a good read, in seconds. */
  readonly longestGap: number;
}

/** Looks at the reads of a pod's app from `since` (seconds of the wall clock) to now, after waiting until `until`. */
export async function readsBetween(
  pod: NodePod,
  since: number,
  until: number,
  container = "app",
): Promise<Reads> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, until * 1000 - Date.now())));
  const lines = pod.log(container).filter(({ at, text }) => at >= since && /^(ok|ERR) /.test(text));
  const good = lines.filter(({ text }) => text.startsWith("ok ")).map(({ at }) => at);
  const times = [since, ...good, until];
  const gaps = times.map((time, index) => time - (times[index - 1] ?? time));
  return { failed: lines.filter(({ text }) => text.startsWith("ERR ")), longestGap: Math.max(...gaps) };
}
