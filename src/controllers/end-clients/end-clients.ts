import type { PatchOperation } from "../../cluster/cluster-writer.ts";
import { endAnnotation } from "../../pod/end-sign.ts";
import { type Controller, nothing, type PodWork, podPlace } from "../controller.ts";
import type { EventWriter } from "../event-writer.ts";
import type { Done } from "../work-queue.ts";
import type { ClientEnds } from "./needless-clients.ts";

export interface EndClientsOptions extends PodWork {
  readonly events: Pick<EventWriter, "tell">;
  /** Told how long after the last container that needed them clients were told to end, in milliseconds. */
  readonly onLag: (ms: number) => void;
}

// A client has 15 s to end, and a kubelet may take as long as a minute to show it the annotation.
const overdueMs = 120_000;
/** What has failed a test of a patch has mostly changed, and is told anew by itself. */
const lookAgainMs = 5_000;

/**
 * Ends the classic clients of pods whose app has ended, so that the pods end: names them in an annotation that they
 * watch as a file. What is named is never taken back, so that it does no harm to be told twice, or by two.
 */
export function endClients(options: EndClientsOptions): Controller {
  /** When a pod's clients were seen to be told, by key and uid. */
  const toldAt = new Map<string, number>();
  const { pods, writer, events, log, now, onLag } = options;

  const tell = async (key: string, uid: string, ends: ClientEnds, signal: AbortSignal): Promise<Done> => {
    const done = await writer.patch(podPlace(key), endPatch(uid, ends), signal);
    if (!done) return { result: "outdated", againMs: lookAgainMs };
    if (ends.annotation === undefined && ends.neededUntil !== undefined)
      onLag(Math.max(0, now() - ends.neededUntil));
    log.info({ pod: key, ended: ends.due.join(" ") }, "nobody needs these containers any more");
    if (ends.annotation === undefined) {
      const message = `told ${ends.due.join(", ")} to end, for all that need it have ended`;
      events.tell({ kind: "Pod", key, uid }, { type: "Normal", reason: "ClientEnded", message });
    }
    return { result: "ended", againMs: overdueMs };
  };

  return {
    name: "end-clients",
    work: async (key, signal) => {
      const pod = pods.get(key);
      if (pod?.ends === undefined) {
        for (const known of toldAt.keys()) if (known.startsWith(`${key} `)) toldAt.delete(known);
        return nothing;
      }
      const { uid, ends } = pod;
      if (ends.due.length > 0) return tell(key, uid, ends, signal);
      if (ends.ending.length === 0) return nothing;
      const since = toldAt.get(`${key} ${uid}`) ?? now();
      toldAt.set(`${key} ${uid}`, since);
      const left = since + overdueMs - now();
      if (left > 0) return { result: "ending", againMs: left };
      const words = "told to end and still run: see their logs, and whether the node's kubelet is well";
      log.warn({ pod: key, running: ends.ending.join(" ") }, `these containers were ${words}`);
      const message = `${ends.ending.join(", ")} were ${words}`;
      events.tell({ kind: "Pod", key, uid }, { type: "Warning", reason: "ClientDoesNotEnd", message });
      return { result: "overdue", againMs: overdueMs };
    },
  };
}

/** Fails where the pod is another one of that name, or where somebody has named others meanwhile. */
function endPatch(uid: string, { annotation, due }: ClientEnds): PatchOperation[] {
  const path = `/metadata/annotations/${endAnnotation.replace("/", "~1")}`;
  const value = [annotation ?? "", ...due].join(" ").trim();
  return [
    { op: "test", path: "/metadata/uid", value: uid },
    ...(annotation === undefined ? [] : [{ op: "test" as const, path, value: annotation }]),
    { op: "add", path, value },
  ];
}
