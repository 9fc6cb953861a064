import { ApiError } from "../cluster/api-error.ts";
import { fieldAt, objectsAt, type RawObject, textAt, textsAt } from "../cluster/raw-fields.ts";
import { isGuardCommand } from "../pod/client-commands.ts";
import { statusAnnotation } from "../pod/status-annotation.ts";
import { rights, type Viewer } from "./access.ts";
import type { PodContainer, PodDetail, PodEvent } from "./api-types.ts";
import type { ConsoleData } from "./console-data.ts";
import { ConsoleProblem } from "./console-problem.ts";
import { clientsOf, readPodRecord } from "./pod-record.ts";
import type { Pods } from "./pods.ts";

interface Around {
  readonly data: ConsoleData;
  readonly pods: Pods;
  readonly viewer: Viewer;
}

/** Reads a pod as it is now. Throws `ConsoleProblem` 404 when it is gone, or has nothing to do with datasets. */
export async function readPodDetail(
  { data, pods, viewer }: Around,
  namespace: string,
  name: string,
): Promise<PodDetail> {
  const raw = await data.readObject({ kind: "Pod", namespace, name });
  if (raw === undefined)
    throw new ConsoleProblem(404, `there is no pod ${namespace}/${name}, or not any more`);
  const mayEvents = await viewer.may({ ...rights.events, namespace });
  const { events, why } = mayEvents
    ? await eventsOf(data, namespace, name, textAt(raw, "metadata", "uid") ?? "")
    : { events: [], why: `you may not list events in namespace ${namespace}` };
  const warnings = events.filter(({ type }) => type === "Warning").map(({ message }) => message);
  const record = readPodRecord(raw, (pod) => data.decisions.judgeMissed(pod));
  // Events tell more of a client that is not there yet; they come newest first.
  const told = record && { ...record, clients: clientsOf(raw, warnings.toReversed()) };
  const row = told && pods.row(told);
  if (row === undefined)
    throw new ConsoleProblem(404, `pod ${namespace}/${name} mounts no dataset and holds no client`);
  const clients = new Set(row.clients.map(({ container }) => container));
  return {
    ...row,
    ...markOf(raw),
    containers: containersOf(raw, clients),
    events: [...events],
    ...(why !== undefined && { eventsHidden: why }),
  };
}

async function eventsOf(
  data: ConsoleData,
  namespace: string,
  name: string,
  uid: string,
): Promise<{ events: readonly PodEvent[]; why?: string }> {
  try {
    return { events: await data.podEvents(namespace, name, uid) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { events: [], why: `Events cannot be read now: ${error.message}` };
  }
}

/** What admission wrote on the pod; anybody may have written it. */
function markOf(raw: RawObject): Pick<PodDetail, "mode" | "platform" | "sidecar" | "version"> {
  try {
    const mark: unknown = JSON.parse(textAt(raw, "metadata", "annotations", statusAnnotation) ?? "{}");
    const told = ["mode", "platform", "sidecar", "version"].flatMap((key) => {
      const text = textAt(mark, key);
      return text === undefined ? [] : [[key, text] as const];
    });
    return Object.fromEntries(told);
  } catch {
    return {};
  }
}

function containersOf(raw: RawObject, clients: ReadonlySet<string>): PodContainer[] {
  const statuses = new Map(
    ["initContainerStatuses", "containerStatuses"]
      .flatMap((list) => objectsAt(raw, "status", list))
      .map((status) => [textAt(status, "name") ?? "", status]),
  );
  return ["initContainers", "containers"].flatMap((list) =>
    objectsAt(raw, "spec", list).map((container): PodContainer => {
      const name = textAt(container, "name") ?? "";
      const status = statuses.get(name);
      const restarts = fieldAt(status, "restartCount");
      const { state, message } = stateOf(status);
      const guard = isGuardCommand(textsAt(container, "command"));
      const own = list === "initContainers" ? "init" : "app";
      return {
        name,
        kind: clients.has(name) ? "client" : guard ? "guard" : own,
        image: textAt(container, "image") ?? "",
        state,
        ...(message !== undefined && { message }),
        ready: fieldAt(status, "ready") === true,
        restarts: typeof restarts === "number" ? restarts : 0,
      };
    }),
  );
}

function stateOf(status: RawObject | undefined): { state: string; message?: string } {
  for (const state of ["running", "waiting", "terminated"]) {
    const found = fieldAt(status, "state", state);
    if (found === undefined || found === null) continue;
    const reason = textAt(found, "reason");
    const message = textAt(found, "message");
    return {
      state: reason === undefined ? state : `${state}: ${reason}`,
      ...(message !== undefined && { message }),
    };
  }
  return { state: "not reported" };
}
