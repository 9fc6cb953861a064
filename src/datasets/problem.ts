import type { ClusterView } from "../cluster/cluster-view.ts";
import { describeRef, type ObjectRef } from "../types/object-ref.ts";
import type { ReasonCode } from "../types/reason.ts";

/** Messages are to be understood within this many characters: longer ones get cut on their way to the user. */
const shortEnough = 200;

/** Makes a message; `show` has to be put around each name in it. */
export type Words = (show: (name: string) => string) => string;

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

/** Reads the cluster and remembers what was asked for, so that a refusal can name all that it rests on: each method asks as `ClusterView` does. */
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

  juicefsSecret(namespace: string, name: string) {
    this.#refs.push({ kind: "Secret", namespace, name });
    return this.#cluster.juicefsSecret(namespace, name);
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
   * of an object through `show`, which shortens names as far as a message of 200 characters needs it.
   */
  problem(
    code: ReasonCode,
    words: Words,
    more: { others?: readonly ObjectRef[]; says?: string } = {},
  ): Problem {
    const refs = new Map([...this.#refs, ...(more.others ?? [])].map((ref) => [describeRef(ref), ref]));
    return new Problem(code, `${withinLimit(words)}${quote(more.says)}`, [...refs.values()]);
  }
}

function withinLimit(words: Words): string {
  let message = words((name) => name);
  for (const length of [60, 40, 24]) {
    if (message.length <= shortEnough) break;
    message = words((name) => shorten(name, length));
  }
  return message;
}

/** Both ends of a long name: names of one cluster tend to begin alike. */
function shorten(name: string, length: number): string {
  const end = Math.floor(length / 3);
  return name.length <= length ? name : `${name.slice(0, length - end - 1)}…${name.slice(-end)}`;
}

/** What a controller has to say comes last: it may be long. */
function quote(says: string | undefined): string {
  return says ? `; it says: ${says.replace(/\p{Cc}+/gu, " ").slice(0, 300)}` : "";
}
