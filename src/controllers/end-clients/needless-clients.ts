import type { Container } from "kubernetes-types/core/v1";
import { parseSupervisorCommand } from "../../pod/client-commands.ts";
import { endAnnotation, endVolumes, heedsEndSign, namesIn } from "../../pod/end-sign.ts";
import { isGuard } from "../../pod/guard.ts";
import { servedVolumes } from "../../pod/serve-late-containers.ts";
import { sharedPath } from "../../pod/shared-volume.ts";
import { isSidecarOfOthers } from "./other-sidecars.ts";
import type { EndedContainer, RestartableContainer, RestartRule, RunningPod } from "./read-pod.ts";

/** What is to be done about the clients of a pod. */
export interface ClientEnds {
  /** What the annotation says now; undefined where there is none. */
  readonly annotation: string | undefined;
  /** Names that it lacks: nobody needs these any more. */
  readonly due: readonly string[];
  /** Those that it names and that still run. */
  readonly ending: readonly string[];
  /** When the last container ended that needed one of `due`, in milliseconds since 1970, where it is known. */
  readonly neededUntil: number | undefined;
}

/**
 * Which classic clients nobody in the pod needs any more: all containers that mount what a client serves have ended for
 * good. Clients are such containers too, where one mounts another's dataset, and the guard is needed for as long as
 * anybody mounts what it watches over, clients included. Undefined where the pod holds none that could be ended.
 */
export function needlessClients(pod: RunningPod, sidecars: ReadonlySet<string>): ClientEnds | undefined {
  const { containers, restartPolicy = "Always" } = pod.spec;
  const signs = endVolumes(pod);
  const endable = new Set(
    containers.filter((container) => heedsEndSign(container, signs)).map(({ name }) => name),
  );
  if (endable.size === 0) return undefined;
  const ended = new Map<string, EndedContainer>();
  for (const container of containers) {
    const status = pod.containerStatuses.get(container.name);
    if (status !== undefined && !willRestart(container, status, restartPolicy))
      ended.set(container.name, status);
  }
  const annotation = pod.metadata?.annotations?.[endAnnotation];
  const named = new Set(namesIn(annotation));
  const due: string[] = [];
  let neededUntil = Number.NEGATIVE_INFINITY;
  for (const [keeper, users] of usersOf(pod, sidecars)) {
    if (!endable.has(keeper) || ended.has(keeper) || named.has(keeper)) continue;
    if (users.length === 0 || !users.every(({ name }) => ended.has(name))) continue;
    due.push(keeper);
    for (const { name } of users)
      neededUntil = Math.max(neededUntil, ended.get(name)?.finishedAt ?? Number.NaN);
  }
  return {
    annotation,
    due,
    ending: [...named].filter((name) => endable.has(name) && !ended.has(name)),
    neededUntil: Number.isFinite(neededUntil) ? neededUntil : undefined,
  };
}

/** The clients and the guard, in the pod's order, each with the containers that need it. */
function usersOf(
  pod: RunningPod,
  sidecars: ReadonlySet<string>,
): ReadonlyMap<string, readonly RestartableContainer[]> {
  const { containers } = pod.spec;
  const waitedFor = containers.filter((other) => isOurs(other) || !isSidecarOfOthers(other, sidecars));
  const apps = waitedFor.filter((other) => !isOurs(other));
  const byViews = volumesByClient(pod);
  const users = new Map<string, readonly RestartableContainer[]>();
  for (const keeper of containers.filter(isOurs)) {
    const [uses, volumes] = isGuard(keeper)
      ? [mounts, watchedBy(keeper)]
      : [consumes, servedBy(keeper, byViews.get(keeper.name) ?? [])];
    const own = waitedFor.filter((other) => other !== keeper && uses(other, volumes));
    // Where none but sidecars see the data, or a driver shows them, the app is whatever else there is.
    users.set(keeper.name, own.length > 0 ? own : apps);
  }
  return users;
}

function isOurs(container: Container): boolean {
  return isGuard(container) || parseSupervisorCommand(container.command) !== undefined;
}

/** By client, the volumes that it serves by views. */
function volumesByClient(pod: RunningPod): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { client, volume } of servedVolumes(pod, false)) {
    const known = found.get(client);
    if (known === undefined) found.set(client, [volume]);
    else known.push(volume);
  }
  return found;
}

/** The volumes that a client serves: by views, or because it mounts straight into them. */
function servedBy(client: Container, byViews: readonly string[]): ReadonlySet<string> {
  const path = parseSupervisorCommand(client.command)?.mountPath;
  const straight = client.volumeMounts?.filter((mount) => mount.mountPath === path) ?? [];
  return new Set([...byViews, ...straight.map((mount) => mount.name)]);
}

/** The volumes that a guard watches over. */
function watchedBy({ volumeMounts = [] }: Container): ReadonlySet<string> {
  return new Set(volumeMounts.filter((m) => m.mountPropagation === "Bidirectional").map((m) => m.name));
}

function mounts({ volumeMounts }: Container, volumes: ReadonlySet<string>): boolean {
  return volumeMounts?.some((mount) => volumes.has(mount.name)) ?? false;
}

/** Whether a container sees one of the volumes as an app does, not as who serves it or watches over it. */
function consumes({ volumeMounts }: Container, volumes: ReadonlySet<string>): boolean {
  return (
    volumeMounts?.some((mount) => volumes.has(mount.name) && mount.mountPath !== sharedPath(mount.name)) ??
    false
  );
}

/** Whether the kubelet starts a container again that has ended so. (Kubernetes: docs, "Pod Lifecycle".) */
function willRestart(
  { restartPolicy, restartPolicyRules = [] }: RestartableContainer,
  { exitCode }: EndedContainer,
  ofPod: string,
): boolean {
  if (restartPolicyRules.some((rule) => asksForRestart(rule, exitCode))) return true;
  const policy = restartPolicy ?? ofPod;
  if (policy === "Never") return false;
  return policy !== "OnFailure" || exitCode !== 0;
}

function asksForRestart({ action, operator, exitCodes }: RestartRule, exitCode: number): boolean {
  if (!action.startsWith("Restart")) return false;
  return operator === "In"
    ? exitCodes.includes(exitCode)
    : operator === "NotIn" && !exitCodes.includes(exitCode);
}
