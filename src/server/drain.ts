import type { HttpsApp } from "./build-app.ts";

export interface DrainOptions {
  /** How long to go on serving before connections are closed, for endpoints to take us out; in milliseconds. */
  readonly pauseMs: number;
  /** When, after the pause, connections that are still open are cut; in milliseconds. */
  readonly deadlineMs: number;
  /** Ends the pause early. */
  readonly hurry?: AbortSignal;
}

const idleCheckMs = 50;

/**
 * Stops a server that already answers with `Connection: close`: after the pause nobody new is let in, what is in
 * flight is answered, and idle connections are closed (Kubernetes keeps using them: kubernetes#127335).
 */
export async function drain(app: HttpsApp, options: DrainOptions): Promise<void> {
  await pause(options.pauseMs, options.hurry);
  const idle = setInterval(() => app.server.closeIdleConnections(), idleCheckMs);
  const deadline = setTimeout(() => app.server.closeAllConnections(), options.deadlineMs);
  try {
    await app.close();
  } finally {
    clearInterval(idle);
    clearTimeout(deadline);
  }
}

function pause(ms: number, hurry: AbortSignal | undefined): Promise<void> {
  if (ms <= 0 || hurry?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    hurry?.addEventListener("abort", end, { once: true });
  });
}
