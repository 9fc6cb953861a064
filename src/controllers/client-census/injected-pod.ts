import type { ContainerStateTerminated, ContainerStatus, Pod } from "kubernetes-types/core/v1";
import { fluid, sluice } from "../../admission/labels.ts";
import { readPod } from "../../admission/read-pod.ts";
import type { RawObject } from "../../cluster/raw-fields.ts";
import type { ClientState } from "../../pod/client-judgement.ts";
import { readClientStates } from "../../pod/client-state.ts";
import type { ClientReason } from "../../types/client-reasons.ts";

/** A pod with clients, as far as they are counted. */
export interface InjectedPod {
  readonly uid: string;
  /** Undefined as long as it has none. */
  readonly node: string | undefined;
  /** As its status annotation has it, which anybody may have written; undefined where nothing can be read there. */
  readonly platform: string | undefined;
  readonly clients: readonly InjectedClient[];
}

export interface InjectedClient {
  readonly container: string;
  /** "namespace/name" of Fluid's Dataset; undefined for a claim of the JuiceFS CSI driver. */
  readonly dataset: string | undefined;
  readonly state: ClientState;
  readonly code: ClientReason;
  /** How often its container has been started again. */
  readonly restarts: number;
  /** When it was last killed for want of memory, as the kubelet wrote it; undefined where that is not to be seen. */
  readonly oomKilledAt: string | undefined;
  /** What is wrong with it, and what to do; undefined where nothing is. */
  readonly trouble: string | undefined;
  /** How its container ended before it was started again; undefined where it never was. */
  readonly lastEnd: LastEnd | undefined;
}

export interface LastEnd {
  readonly exitCode: number;
  /** As the kubelet names it: "Error", "OOMKilled"; "" where it does not. */
  readonly reason: string;
  /** RFC 3339, "" where it is not known. */
  readonly at: string;
}

/** Reads a pod as the API server has it; undefined for one without clients, and for one that has ended. */
export function readInjectedPod(raw: RawObject): InjectedPod | undefined {
  const reading = readPod(raw);
  if ("problem" in reading) return undefined;
  const { pod } = reading;
  if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return undefined;
  if (pod.metadata?.annotations?.[sluice.status] === undefined) return undefined;
  const clients = readClientStates(pod).map(
    ({ container, state, code, level, restarts, message, remedy }): InjectedClient => ({
      container,
      dataset: datasetOf(pod, container),
      state,
      code,
      restarts,
      oomKilledAt: oomKilledAt(pod, container),
      trouble: level === "problem" ? `${message}: ${remedy}` : undefined,
      lastEnd: lastEnd(statusOf(pod, container)?.lastState?.terminated),
    }),
  );
  if (clients.length === 0) return undefined;
  return {
    uid: pod.metadata?.uid ?? "",
    node: pod.spec?.nodeName || undefined,
    platform: platformOf(pod.metadata.annotations[sluice.status]),
    clients,
  };
}

/** By the labels that admission writes; a name that is too long for a label's value is not there. */
function datasetOf({ metadata }: Pod, container: string): string | undefined {
  const namespace = metadata?.labels?.[fluid.datasetNamespace(container)];
  if (namespace === undefined) return undefined;
  return `${namespace}/${metadata?.labels?.[fluid.datasetName(container)] ?? ""}`;
}

function platformOf(annotation: string | undefined): string | undefined {
  try {
    const status: unknown = JSON.parse(annotation ?? "");
    return typeof status === "object" &&
      status !== null &&
      "platform" in status &&
      typeof status.platform === "string"
      ? status.platform
      : undefined;
  } catch {
    return undefined;
  }
}

function oomKilledAt(pod: Pod, container: string): string | undefined {
  const { state, lastState } = statusOf(pod, container) ?? {};
  const end = [state?.terminated, lastState?.terminated].find((one) => one?.reason === "OOMKilled");
  return end && (end.finishedAt ?? "");
}

function lastEnd(ended: ContainerStateTerminated | undefined): LastEnd | undefined {
  if (ended === undefined) return undefined;
  const { exitCode, reason = "", finishedAt = "" } = ended;
  return { exitCode, reason, at: finishedAt };
}

function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.find(({ name }) => name === container);
}
