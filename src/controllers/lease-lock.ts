import type { ClusterWriter, ObjectPlace } from "../cluster/cluster-writer.ts";
import { fieldAt, isRawObject, type RawObject, textAt } from "../cluster/raw-fields.ts";

/** Who leads, as a Lease says it. (Kubernetes: coordination.k8s.io/v1 LeaseSpec.) */
export interface LeaseRecord {
  /** "" where nobody leads. */
  readonly holder: string;
  /** How long the holder leads after it was last seen to renew, in milliseconds. */
  readonly durationMs: number;
  readonly transitions: number;
  readonly acquireTime: string;
  /** Changes whenever the holder renews; never compared with a clock of ours. */
  readonly renewTime: string;
}

/** A Lease as it was read, to be replaced by its resourceVersion. */
export interface LeaseReading {
  readonly record: LeaseRecord;
  readonly object: RawObject;
}

type LeaseWriter = Pick<ClusterWriter, "read" | "create" | "replace">;

/** One Lease of the API server. All methods throw `ApiError`. */
export class LeaseLock {
  readonly #writer: LeaseWriter;
  readonly #place: ObjectPlace;

  constructor(
    writer: LeaseWriter,
    { namespace, name }: { readonly namespace: string; readonly name: string },
  ) {
    this.#writer = writer;
    this.#place = { group: "coordination.k8s.io", version: "v1", plural: "leases", namespace, name };
  }

  /** The Lease as it is stored now; undefined when there is none. */
  async read(signal: AbortSignal): Promise<LeaseReading | undefined> {
    const object = await this.#writer.read(this.#place, signal);
    return object === undefined ? undefined : { record: recordIn(object), object };
  }

  /** False when somebody else was faster. */
  create(record: LeaseRecord, signal: AbortSignal): Promise<boolean> {
    const { namespace, name } = this.#place;
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { namespace, name },
      spec: specOf(record),
    };
    return this.#writer.create(this.#place, lease, signal);
  }

  /** False when the Lease has changed since it was read. */
  replace({ object }: LeaseReading, record: LeaseRecord, signal: AbortSignal): Promise<boolean> {
    const spec = fieldAt(object, "spec");
    const changed = { ...object, spec: { ...(isRawObject(spec) ? spec : {}), ...specOf(record) } };
    return this.#writer.replace(this.#place, changed, signal);
  }
}

function specOf({ holder, durationMs, transitions, acquireTime, renewTime }: LeaseRecord): RawObject {
  return {
    holderIdentity: holder,
    leaseDurationSeconds: Math.max(1, Math.round(durationMs / 1_000)),
    leaseTransitions: transitions,
    acquireTime,
    renewTime,
  };
}

function recordIn(object: RawObject): LeaseRecord {
  const number = (key: string) => {
    const value = fieldAt(object, "spec", key);
    return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
  };
  return {
    holder: textAt(object, "spec", "holderIdentity") ?? "",
    durationMs: number("leaseDurationSeconds") * 1_000,
    transitions: number("leaseTransitions"),
    acquireTime: textAt(object, "spec", "acquireTime") ?? "",
    renewTime: textAt(object, "spec", "renewTime") ?? "",
  };
}
