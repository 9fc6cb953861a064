import type { Writable } from "node:stream";
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from "pino";
import type { ReviewOutcome } from "./review-outcome.ts";

export type Log = Logger;
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** A log of JSON lines, `level` and above, written to `stream`. */
export function createLog(level: LogLevel, stream: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

/** Where log lines go for a process's stream: straight to its file descriptor and unblocking, if it has one. */
export function logDestination(stream: Writable): DestinationStream {
  if ("fd" in stream && typeof stream.fd === "number") return destination({ fd: stream.fd, sync: false });
  return stream;
}

/** Kubernetes: docs, "Object Names and IDs"; the API server looks at a pod's name only after the webhooks. */
const longestName = 253;

/** One line for each review; for pods left as they are only at debug level, for they are the many. */
export function logReview(log: Log, outcome: ReviewOutcome): void {
  const level = outcome.verdict === "unchanged" ? "debug" : "info";
  if (!log.isLevelEnabled(level)) return;
  const { uid, namespace, pod, operation, verdict, mode, codes, refusal, dryRun, alike } = outcome;
  const ms = Math.round(outcome.seconds * 1e5) / 100;
  log[level](
    {
      uid,
      namespace,
      pod: pod.length > longestName ? `${pod.slice(0, longestName - 1)}…` : pod,
      operation,
      verdict,
      mode,
      codes: codes.join(","),
      refusal,
      dryRun: dryRun || undefined,
      alike: alike || undefined,
      ms,
    },
    "reviewed",
  );
}
