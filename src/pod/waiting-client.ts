import type { ContainerStateTerminated, ContainerStatus } from "kubernetes-types/core/v1";
import { cacheGate } from "./cache-gate.ts";
import type { ClientEvidence, ClientState, Judgement } from "./client-judgement.ts";
import { type ContainerTrouble, missingObject, troubleOfEnd, troubleOfWaiting } from "./container-trouble.ts";
import type { PodClient } from "./find-clients.ts";
import type { PodStatuses } from "./pod-statuses.ts";

/** Why no node has begun with the pod, or is done with it; undefined where one has it. */
export function judgeWithoutNode({ pod: { status, spec } }: PodStatuses): Judgement | undefined {
  if (status?.reason === "Evicted")
    return { state: "ended", code: "pod-evicted", message: `the pod was evicted: ${status.message ?? ""}` };
  if (status?.phase === "Succeeded" || status?.phase === "Failed")
    return { state: "ended", code: "ended", message: `the pod has ended (${status.phase.toLowerCase()})` };
  if (spec?.nodeName) return undefined;
  const gates = (spec?.schedulingGates ?? []).map(({ name }) => name);
  if (gates.length > 0) {
    const remedy = "sluice controllers opens it when the cache is warm: see the pod's Events";
    return {
      state: "waiting",
      code: "gated",
      message: `the pod is held back by scheduling gate ${gates.join(", ")}`,
      ...(gates.includes(cacheGate) ? { remedy } : {}),
    };
  }
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  const why = scheduled?.message ?? "the scheduler has said nothing yet";
  return { state: "waiting", code: "not-scheduled", message: `the pod has no node yet: ${why}` };
}

/** Why `name`, a container of the client, does not run. */
export function judgeNotRunning(
  client: PodClient,
  name: string,
  pod: PodStatuses,
  { warnings = [] }: ClientEvidence,
): Judgement {
  const status = pod.of(name);
  const { waiting, terminated } = status?.state ?? {};
  if (terminated !== undefined) return judgeEnded(client, name, terminated, pod);
  const state = (status?.restartCount ?? 0) > 0 ? "restarting" : "waiting";
  const image = status?.image || pod.container(name)?.image;
  const trouble = waiting && troubleOfWaiting(waiting, status?.lastState?.terminated, image);
  if (trouble === undefined)
    return findBlocker(name, pod) ?? judgePreparing(name, status, state, pod, warnings);
  const users = client.layout === "straight" ? client.consumers.filter((user) => pod.runs(user)) : [];
  if (users.length === 0) return { state, ...about(name, trouble) };
  const message = `${name}: ${trouble.message}; ${users.join(", ")} runs on its dead mount`;
  return { state: "lost", code: "mount-lost", message };
}

function judgeEnded(
  client: PodClient,
  name: string,
  ended: ContainerStateTerminated,
  pod: PodStatuses,
): Judgement {
  const trouble = troubleOfEnd(ended);
  if (pod.willRestart(name, ended.exitCode)) {
    const otherwise = { code: "crashed", message: "it ended, and starts again" } as const;
    return { state: "restarting", ...about(name, trouble ?? otherwise) };
  }
  const users = client.consumers.filter((consumer) => pod.runs(consumer));
  if (users.length > 0 && !pod.isEnding) {
    const how = trouble === undefined ? "it ended" : trouble.message;
    const message = `${name}: ${how} while ${users.join(", ")} still runs`;
    return { state: "lost", code: "client-ended", message };
  }
  return { state: "ended", ...about(name, trouble ?? { code: "ended", message: "it has ended" }) };
}

/** The container that starts before `name`, is not done, and so holds it up. */
function findBlocker(name: string, pod: PodStatuses): Judgement | undefined {
  const all = pod.pod.spec?.initContainers ?? [];
  const place = all.findIndex((container) => container.name === name);
  const before = place < 0 ? all : all.slice(0, place);
  const blocker = before.find((container) => {
    const status = pod.of(container.name);
    const started = status?.state?.running !== undefined && status.started !== false;
    return container.restartPolicy === "Always" ? !started : status?.state?.terminated?.exitCode !== 0;
  });
  if (blocker === undefined) return undefined;
  const { state, lastState } = pod.of(blocker.name) ?? {};
  const trouble = state?.waiting && troubleOfWaiting(state.waiting, lastState?.terminated, blocker.image);
  if (trouble !== undefined) return { state: "waiting", ...about(blocker.name, trouble) };
  // Where nothing has begun, what holds the blocker up holds up the whole pod.
  if (state?.running === undefined && state?.terminated === undefined) return undefined;
  const message = `${name} starts after ${blocker.name}, which is not done`;
  return { state: "waiting", code: "waits-its-turn", message };
}

function judgePreparing(
  name: string,
  status: ContainerStatus | undefined,
  state: ClientState,
  pod: PodStatuses,
  warnings: readonly string[],
): Judgement {
  const newestFirst = warnings.toReversed();
  for (const warning of newestFirst) {
    const missing = missingObject(warning);
    if (missing !== undefined) return { state, ...about(name, missing) };
  }
  const failed = newestFirst.find((warning) => /MountVolume|AttachVolume|attach or mount/.test(warning));
  if (failed !== undefined) return { state, code: "volume-not-mounted", message: `${name}: ${failed}` };
  const node = `node ${pod.pod.spec?.nodeName}`;
  if (status === undefined)
    return { state, code: "not-reported", message: `${name}: ${node} has told nothing of it yet` };
  return { state, code: "creating", message: `${name}: ${node} prepares it` };
}

function about(name: string, { message, ...trouble }: ContainerTrouble): ContainerTrouble {
  return { ...trouble, message: `${name}: ${message}` };
}
