import type { ApiConnection } from "../../cluster/api-connection.ts";
import type { LiveTiming } from "../../cluster/live-timing.ts";
import type { ResourceStatus } from "../../cluster/resource-sync.ts";
import type { Log } from "../../telemetry/log.ts";
import type { LimitedWriter } from "../limited-writer.ts";
import { type WorkOutcome, WorkQueue, workTiming } from "../work-queue.ts";
import { followVolumes } from "./follow-volumes.ts";
import { prepareSecrets } from "./prepare-secrets.ts";

export interface JuicefsSecretsOptions {
  readonly connection: ApiConnection;
  readonly writer: LimitedWriter;
  readonly driver: string;
  readonly factsNamespace: string;
  readonly log: Log;
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly onProblem: (resource: string, problem: string | undefined) => void;
  readonly onDone: (controller: string, key: string, outcome: WorkOutcome) => void;
  readonly timing?: Partial<LiveTiming> | undefined;
}

/** The preparation of Secrets, once it runs. */
export interface RunningJuicefsSecrets {
  readonly name: string;
  /** Resolves when all volumes have been read once. */
  readonly synced: Promise<unknown>;
  readonly depth: () => number;
  readonly status: () => readonly ResourceStatus[];
  /** Resolves when the signal has ended it. */
  readonly ended: Promise<unknown>;
}

const workers = 4;

/** Prepares the Secrets of JuiceFS's clients until `signal` ends it. */
export function runJuicefsSecrets(
  options: JuicefsSecretsOptions,
  signal: AbortSignal,
): RunningJuicefsSecrets {
  const { writer, factsNamespace, log, elapsed, onDone } = options;
  const secrets = new Set<string>();
  let queue: WorkQueue | undefined;
  const volumes = followVolumes(
    {
      ...options,
      onSecret: (secret) => {
        secrets.add(secret);
        queue?.add(secret);
      },
    },
    signal,
  );
  const controller = prepareSecrets({
    writer,
    volumesOf: (secret) => volumes.of(secret),
    factsNamespace,
    log,
    elapsed,
  });
  // What is claimed is only known once all namespaces and volumes have been read.
  const synced = volumes.synced.then(() => {
    if (signal.aborted) return;
    queue = new WorkQueue({
      work: (key, ending) => controller.work(key, ending),
      workers,
      timing: workTiming,
      elapsed,
      onDone: (key, outcome) => onDone(controller.name, key, outcome),
    });
    for (const secret of secrets) queue.add(secret);
  });
  return {
    name: controller.name,
    synced,
    depth: () => queue?.depth ?? 0,
    status: () => volumes.status(),
    ended: Promise.all([volumes.ended, synced]).then(() => queue?.close()),
  };
}
