import { compactScript } from "../types/compact-script.ts";
import { escapeExpansion, escapeWord } from "./client-commands.ts";
import waitText from "./scripts/prefetch-wait.sh";
import prefetcherText from "./scripts/prefetcher.sh";

const prefetcherScript = escapeWord(compactScript(prefetcherText));
const waitScript = compactScript(waitText);

/** Where the prefetcher leaves what has come of its work, as Fluid's does. */
export const statusPath = "/tmp/fluid-file-prefetcher/status";

export interface PrefetchWork {
  /** `end`: exits when done; `linger`: when its hook has seen that; `stay`: on TERM. */
  readonly when: "end" | "linger" | "stay";
  /** How long it may take; 0: as long as it does. */
  readonly seconds: number;
  /** Absolute glob patterns; `**` is all below a directory. */
  readonly patterns: readonly string[];
}

/** `command` of a prefetcher's container. `status` is the directory of its results. */
export function prefetcherCommand(work: PrefetchWork, status: string = statusPath): string[] {
  return [
    "sh",
    "-c",
    prefetcherScript,
    "sluice-prefetcher",
    work.when,
    String(work.seconds),
    status,
    ...work.patterns.map(escapeExpansion),
  ];
}

/** True for a prefetcher's command of this or another version. */
export function isPrefetcherCommand(command: readonly string[] | undefined): boolean {
  return command?.[0] === "sh" && command[3] === "sluice-prefetcher";
}

/** `command` of the hook that keeps later containers from starting; Kubernetes expands nothing in hooks. */
export function prefetchWaitCommand(seconds: number, status: string = statusPath): string[] {
  return ["sh", "-c", waitScript, "sluice-prefetch-wait", String(seconds), status];
}
