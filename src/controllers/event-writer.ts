import { createHash } from "node:crypto";
import { reasonOf } from "../cluster/api-error.ts";
import type { ClusterWriter, ObjectPlace } from "../cluster/cluster-writer.ts";
import { fieldAt, type RawObject, textAt } from "../cluster/raw-fields.ts";
import type { Log } from "../telemetry/log.ts";

/** The object that an Event is about. */
export interface Involved {
  readonly kind: keyof typeof apiVersions;
  /** "namespace/name". */
  readonly key: string;
  readonly uid: string;
}

export interface ObjectEvent {
  readonly type: "Normal" | "Warning";
  /** One word, as `kubectl describe` shows it. */
  readonly reason: string;
  readonly message: string;
  /** The part of the object that it is about, such as a container: each has an Event of its own. */
  readonly about?: string;
  /** How often it has happened until now. Default 1. */
  readonly count?: number;
}

export interface EventWriterOptions {
  /** Bounded in how often it calls, and ends with the lead. */
  readonly writer: Pick<ClusterWriter, "create" | "read" | "patch">;
  readonly log: Log;
  /** Who tells: the name of this process. */
  readonly instance: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Nothing is written after it has ended. */
  readonly signal: AbortSignal;
  /** Told what became of each Event. */
  readonly onDone: (result: EventResult) => void;
}

/** `known`: the API server has it already. `dropped`: too many others wait. */
export type EventResult = "written" | "known" | "failed" | "dropped";

// Kubernetes: pkg/apis/core/validation (events), and the limit of an object's name.
const longestMessage = 1024;
const longestName = 253;
const component = "sluice-controllers";

/** Events that wait to be written. */
const mostWaiting = 2_000;
/** Events that are remembered as written. */
const mostRemembered = 10_000;
/** The same is not told again within this time; the API server forgets Events after an hour. */
const rememberedMs = 45 * 60_000;
/** Only the words of an Event are changed this often. */
const rewordMs = 60_000;

const apiVersions = {
  Pod: "v1",
  PersistentVolumeClaim: "v1",
  Dataset: "data.fluid.io/v1alpha1",
  Deployment: "apps/v1",
  ReplicaSet: "apps/v1",
  StatefulSet: "apps/v1",
  DaemonSet: "apps/v1",
  Job: "batch/v1",
} as const;

interface Waiting {
  readonly involved: Involved;
  readonly event: ObjectEvent;
}

interface Written {
  readonly count: number;
  readonly message: string;
  readonly at: number;
}

/**
 * Tells on an object, as Events, what is done about it. There is one Event for each reason and object (and part of it):
 * its name follows from them, so that two leaders write one and the same. Told again, it is counted up or worded anew.
 * Events wait in a queue of their own, lest the work waits for them; nothing depends on them.
 */
export class EventWriter {
  readonly #options: EventWriterOptions;
  /** By name; what is told again while it waits takes its place. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #written = new Map<string, Written>();
  #writing = false;

  constructor(options: EventWriterOptions) {
    this.#options = options;
  }

  /** Never throws. */
  tell(involved: Involved, event: ObjectEvent): void {
    const { signal, onDone, now } = this.#options;
    if (signal.aborted) return;
    const told = { ...event, message: event.message.slice(0, longestMessage) };
    const name = nameOf(involved, told);
    if (isKnown(this.#written.get(name), told, now())) return;
    if (!this.#waiting.has(name) && this.#waiting.size >= mostWaiting) {
      onDone("dropped");
      return;
    }
    this.#waiting.set(name, { involved, event: told });
    if (!this.#writing) void this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    const { signal, log, onDone, now } = this.#options;
    this.#writing = true;
    for (const [name, { involved, event }] of this.#waiting) {
      this.#waiting.delete(name);
      try {
        onDone(await this.#write(name, involved, event));
        this.#written.delete(name);
        this.#written.set(name, { count: event.count ?? 1, message: event.message, at: now() });
        const [oldest] = this.#written.keys();
        if (this.#written.size > mostRemembered && oldest !== undefined) this.#written.delete(oldest);
      } catch (error) {
        if (signal.aborted) break;
        onDone("failed");
        log.warn({ object: involved.key, reason: event.reason }, reasonOf(error));
      }
    }
    this.#writing = false;
  }

  async #write(name: string, { kind, key, uid }: Involved, event: ObjectEvent): Promise<EventResult> {
    const { writer, instance, now, signal } = this.#options;
    const [namespace, involved] = splitKey(key);
    const place = { group: "", version: "v1", plural: "events", namespace, name };
    const time = new Date(now()).toISOString().replace(/\.\d+Z$/, "Z");
    const { type, reason, message, count = 1 } = event;
    const object = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { namespace, name },
      involvedObject: { apiVersion: apiVersions[kind], kind, namespace, name: involved, uid },
      type,
      reason,
      message,
      count,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
    };
    if (await writer.create(place, object, signal)) return "written";
    const there = await writer.read(place, signal);
    // It was forgotten between the two calls.
    if (there === undefined) return (await writer.create(place, object, signal)) ? "written" : "known";
    return (await this.#bringUpToDate(place, there, { message, count, time })) ? "written" : "known";
  }

  /** False where it says as much already, or more: another leader may have told it. */
  async #bringUpToDate(
    place: ObjectPlace,
    there: RawObject,
    { message, count, time }: { readonly message: string; readonly count: number; readonly time: string },
  ): Promise<boolean> {
    const known = Number(fieldAt(there, "count") ?? 0);
    if (known > count || (known === count && textAt(there, "message") === message)) return false;
    const version = textAt(there, "metadata", "resourceVersion");
    return this.#options.writer.patch(
      place,
      [
        { op: "test", path: "/metadata/resourceVersion", value: version },
        { op: "add", path: "/count", value: count },
        { op: "add", path: "/message", value: message },
        { op: "add", path: "/lastTimestamp", value: time },
      ],
      this.#options.signal,
    );
  }
}

function nameOf({ key, uid }: Involved, { reason, about }: ObjectEvent): string {
  const what = about === undefined ? `${uid} ${reason}` : `${uid} ${reason} ${about}`;
  const hash = createHash("sha256").update(what).digest("hex").slice(0, 16);
  // Where a name is cut, a "-" or "." may stand, which nothing may end with before the next ".".
  const name = splitKey(key)[1]
    .slice(0, longestName - hash.length - 1)
    .replace(/[-.]+$/, "");
  return `${name}.${hash}`;
}

function isKnown(written: Written | undefined, { count = 1, message }: ObjectEvent, now: number): boolean {
  if (written === undefined || now - written.at >= rememberedMs || count > written.count) return false;
  return message === written.message || now - written.at < rewordMs;
}

function splitKey(key: string): readonly [namespace: string, name: string] {
  const slash = key.indexOf("/");
  return [key.slice(0, slash), key.slice(slash + 1)];
}
