import type { ClusterView } from "../cluster/cluster-view.ts";
import { describeRef, type ObjectRef } from "../types/object-ref.ts";
import type { ReasonCode } from "../types/reason.ts";

/** Messages are to be understood within this many characters: longer ones get cut on their way to the user. */
const shortEnough = 200;

/** Why a claim cannot be served: an expected outcome, returned and never thrown. */
export class Problem {
  readonly code: ReasonCode;
  readonly message: string;
  readonly restsOn: readonly ObjectRef[];

  constructor(code: ReasonCode, message: string, restsOn: readonly ObjectRef[]) {
    this.code = code;
    this.message = message;
    this.restsOn = restsOn;
  }
}

/** Reads the cluster and remembers what was asked for, so that a refusal can name all that it rests on. */
export class Trail {
  readonly #cluster: ClusterView;
  readonly #refs: ObjectRef[] = [];

  constructor(cluster: ClusterView) {
    this.#cluster = cluster;
  }

  claim(namespace: string, name: string) {
    this.#refs.push({ kind: "PersistentVolumeClaim", namespace, name });
    return this.#cluster.claim(namespace, name);
  }

  persistentVolume(name: string) {
    this.#refs.push({ kind: "PersistentVolume", name });
    return this.#cluster.persistentVolume(name);
  }

  dataset(namespace: string, name: string) {
    this.#refs.push({ kind: "Dataset", namespace, name });
    return this.#cluster.dataset(namespace, name);
  }

  runtime(kind: string, namespace: string, name: string) {
    this.#refs.push({ kind, namespace, name });
    return this.#cluster.runtime(kind, namespace, name);
  }

  clientDaemonSet(namespace: string, name: string) {
    this.#refs.push({ kind: "DaemonSet", namespace, name });
    return this.#cluster.clientDaemonSet(namespace, name);
  }

  /**
   * A problem that rests on everything read so far, and on `others`. `words` makes the message, putting each name
   * of an object through `show`, which shortens names where the message would otherwise get too long.
   */
  problem(
    code: ReasonCode,
    words: (show: (name: string) => string) => string,
    others: readonly ObjectRef[] = [],
  ): Problem {
    const refs = new Map([...this.#refs, ...others].map((ref) => [describeRef(ref), ref]));
    const whole = words((name) => name);
    const message = whole.length <= shortEnough ? whole : words(shorten);
    return new Problem(code, message, [...refs.values()]);
  }
}

/** Both ends of a long name: names of one cluster tend to begin alike. */
function shorten(name: string): string {
  return name.length <= 40 ? name : `${name.slice(0, 22)}…${name.slice(-16)}`;
}
