import { aborted } from "../certs/aborted.ts";
import type { RunningServer } from "../server/start-server.ts";
import type { Log } from "../telemetry/log.ts";

// With the pause before it this stays below Kubernetes' default grace period of 30 s.
const drainDeadlineMs = 15_000;

/** Waits for `stop` and then lets the server end, after a pause of `drainMs` milliseconds for endpoints to take it out. */
export async function stopWhenAsked(
  server: RunningServer,
  drainMs: number,
  stop: AbortSignal,
  log: Log,
): Promise<void> {
  await aborted(stop);
  // Ctrl-C comes from a person, whom nobody routes requests to.
  const pauseMs = stop.reason === "SIGINT" ? 0 : drainMs;
  log.info({ pauseMs }, "stopping");
  await server.stop({ pauseMs, deadlineMs: drainDeadlineMs });
  log.info("stopped");
}
