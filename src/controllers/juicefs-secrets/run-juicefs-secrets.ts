import type { ApiConnection } from "../../cluster/api-connection.ts";
import { juicefsSecretResource } from "../../cluster/api-resources.ts";
import { followObjects } from "../../cluster/follow-objects.ts";
import { factsKey } from "../../cluster/juicefs-projections.ts";
import type { LiveTiming } from "../../cluster/live-timing.ts";
import { textAt } from "../../cluster/raw-fields.ts";
import type { ResourceStatus } from "../../cluster/resource-sync.ts";
import type { Log } from "../../telemetry/log.ts";
import { controllerQueue, type OnDone } from "../controller-queue.ts";
import type { EventWriter } from "../event-writer.ts";
import type { LimitedWriter } from "../limited-writer.ts";
import type { WorkQueue } from "../work-queue.ts";
import { followVolumes } from "./follow-volumes.ts";
import { prepareSecrets } from "./prepare-secrets.ts";

export interface JuicefsSecretsOptions {
  readonly connection: ApiConnection;
  readonly writer: LimitedWriter;
  readonly driver: string;
  readonly factsNamespace: string;
  readonly events: Pick<EventWriter, "tell">;
  readonly log: Log;
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly onProblem: (resource: string, problem: string | undefined) => void;
  readonly onDone: OnDone;
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
  const { writer, factsNamespace, log, elapsed } = options;
  /** Those to be looked at once everything has been read. */
  const secrets = new Set<string>();
  let queue: WorkQueue | undefined;
  const lookAt = (secret: string) => {
    if (queue === undefined) secrets.add(secret);
    else queue.add(secret);
  };
  const volumes = followVolumes(
    {
      ...options,
      onSecret: (secret) => lookAt(secret),
    },
    signal,
  );
  const told = followObjects<string>(
    {
      ...options,
      resource: juicefsSecretResource(factsNamespace),
      project: (raw) => textAt(raw, "data", factsKey) ?? "",
      // Those of Secrets that no volume names any more are found at the start, and those that somebody deletes are made anew.
      onChange: (secret) => {
        if (volumes.of(secret).length > 0 && told.get(secret) !== undefined) return;
        lookAt(secret);
      },
      onProblem: (problem) => options.onProblem("configmaps", problem),
    },
    signal,
  );
  const controller = prepareSecrets({
    writer,
    volumesOf: (secret) => volumes.of(secret),
    sources: () => volumes.secrets(),
    toldOf: (secret) => told.get(secret),
    factsNamespace,
    events: options.events,
    log,
    elapsed,
  });
  // What is claimed is only known once all namespaces and volumes have been read.
  const synced = Promise.all([volumes.synced, told.synced]).then(() => {
    if (signal.aborted) return;
    queue = controllerQueue(controller, workers, options);
    for (const secret of secrets) queue.add(secret);
    secrets.clear();
  });
  return {
    name: controller.name,
    synced,
    depth: () => queue?.depth ?? 0,
    status: () => [...volumes.status(), told.status()],
    ended: Promise.all([volumes.ended, told.ended, synced]).then(() => queue?.close()),
  };
}
