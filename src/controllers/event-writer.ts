import { createHash } from "node:crypto";
import { reasonOf } from "../cluster/api-error.ts";
import type { ClusterWriter } from "../cluster/cluster-writer.ts";
import type { Log } from "../telemetry/log.ts";

/** The object that an Event is about. */
export interface Involved {
  readonly kind: "Pod" | "Dataset";
  /** "namespace/name". */
  readonly key: string;
  readonly uid: string;
}

export interface ObjectEvent {
  readonly type: "Normal" | "Warning";
  /** One word, as `kubectl describe` shows it. */
  readonly reason: string;
  readonly message: string;
}

export interface EventWriterOptions {
  readonly writer: Pick<ClusterWriter, "create">;
  readonly log: Log;
  /** Who tells: the name of this process. */
  readonly instance: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

// Kubernetes: pkg/apis/core/validation (events), and the limit of an object's name.
const longestMessage = 1024;
const longestName = 253;
const component = "sluice-controllers";

const apiVersions = { Pod: "v1", Dataset: "data.fluid.io/v1alpha1" } as const;

/** Tells on an object, as Events, what is done about it. */
export class EventWriter {
  readonly #options: EventWriterOptions;

  constructor(options: EventWriterOptions) {
    this.#options = options;
  }

  /**
   * Tells of one reason once for each object, however often it is called and by how many leaders: the Event's name follows
   * from both. Never throws, for nothing depends on it.
   */
  async tell({ kind, key, uid }: Involved, event: ObjectEvent, signal: AbortSignal): Promise<void> {
    const { writer, log, instance, now } = this.#options;
    const slash = key.indexOf("/");
    const [namespace, involved] = [key.slice(0, slash), key.slice(slash + 1)];
    const hash = createHash("sha256").update(`${uid} ${event.reason}`).digest("hex").slice(0, 16);
    const name = `${involved.slice(0, longestName - hash.length - 1)}.${hash}`;
    const time = new Date(now()).toISOString().replace(/\.\d+Z$/, "Z");
    const object = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { namespace, name },
      involvedObject: { apiVersion: apiVersions[kind], kind, namespace, name: involved, uid },
      ...event,
      message: event.message.slice(0, longestMessage),
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
    };
    try {
      await writer.create({ group: "", version: "v1", plural: "events", namespace, name }, object, signal);
    } catch (error) {
      if (!signal.aborted) log.warn({ object: key, reason: event.reason }, reasonOf(error));
    }
  }
}
