import type { Pod } from "kubernetes-types/core/v1";
import { type ClientReason, clientReasonInfo } from "../types/client-reasons.ts";
import type { ClientEvidence, ClientState, Judgement } from "./client-judgement.ts";
import { type ClientLog, readClientLog } from "./client-log.ts";
import { isOutOfMemory } from "./container-trouble.ts";
import { findClients, type PodClient } from "./find-clients.ts";
import { PodStatuses } from "./pod-statuses.ts";
import { judgeRunning } from "./running-client.ts";
import { judgeNotRunning, judgeWithoutNode } from "./waiting-client.ts";

/** How a client in a pod is. */
export interface ClientStatus extends PodClient {
  readonly state: ClientState;
  readonly code: ClientReason;
  /** `ok`, `wait` (mostly goes away by itself) or `problem`: the level of `code`. */
  readonly level: "ok" | "wait" | "problem";
  /** How often the kubelet has started its container, or its attendant's, again. */
  readonly restarts: number;
  /** Ends for want of memory that can still be seen: in the last two runs, or in the log where that is given. */
  readonly oomKills: number;
  /** RFC 3339; since when its container is as it is, where the status says so. */
  readonly since?: string;
  /** Names the container, and says why it is so. */
  readonly message: string;
  /** Empty where nothing is to be done. */
  readonly remedy: string;
}

/** How each client in an injected pod is, by the pod's status; empty for a pod without clients. */
export function readClientStates(pod: Pod, evidence: ClientEvidence = {}): ClientStatus[] {
  const clients = findClients(pod);
  if (clients.length === 0) return [];
  const statuses = new PodStatuses(pod);
  return clients.map((client) => {
    const text = evidence.logs?.get(client.keeper);
    const log = text === undefined ? undefined : readClientLog(text);
    return describe(client, judge(client, statuses, evidence, log), statuses, log);
  });
}

function judge(
  client: PodClient,
  statuses: PodStatuses,
  evidence: ClientEvidence,
  log: ClientLog | undefined,
): Judgement {
  const early = judgeWithoutNode(statuses);
  if (early !== undefined) return early;
  for (const name of new Set([client.container, client.keeper]))
    if (!statuses.runs(name)) return judgeNotRunning(client, name, statuses, evidence);
  return judgeRunning(client, statuses, log);
}

function describe(
  client: PodClient,
  { state, code, message, remedy }: Judgement,
  statuses: PodStatuses,
  log: ClientLog | undefined,
): ClientStatus {
  const info = clientReasonInfo(code);
  const own = statuses.of(client.container);
  const { running, terminated } = own?.state ?? {};
  const since = running?.startedAt ?? terminated?.finishedAt;
  const ends = [terminated, own?.lastState?.terminated];
  const killed = ends.filter((end) => end !== undefined && isOutOfMemory(end)).length;
  return {
    ...client,
    state,
    code,
    level: info.level,
    restarts: Math.max(own?.restartCount ?? 0, statuses.of(client.keeper)?.restartCount ?? 0),
    oomKills: Math.max(killed, log?.oomKills ?? 0),
    ...(since === undefined ? {} : { since }),
    message,
    remedy: remedy ?? info.remedy,
  };
}
