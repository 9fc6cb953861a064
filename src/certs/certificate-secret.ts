import type { ClusterWriter, ObjectPlace } from "../cluster/cluster-writer.ts";
import { fieldAt, isRawObject, type RawObject, textAt, textMapAt } from "../cluster/raw-fields.ts";

/** Set on the Secret by a person who wants a new authority; its value does not matter. */
const changeAuthorityAnnotation = "sluice.io/change-authority";

/** The Secret as it was read. */
export interface StoredSecret {
  /** Decoded from base64, as UTF-8; values that are no strings are left out. */
  readonly data: Readonly<Record<string, string>>;
  readonly changeAsked: boolean;
  readonly object: RawObject;
}

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

/** The Secret in which replicas share their certificates. Methods throw `ApiError`. */
export class CertificateSecret {
  readonly #writer: ClusterWriter;
  readonly #place: ObjectPlace;

  constructor(writer: ClusterWriter, { namespace, name }: SecretName) {
    this.#writer = writer;
    this.#place = { group: "", version: "v1", plural: "secrets", namespace, name };
  }

  /** "Secret sluice-system/sluice-certs". */
  get title(): string {
    return `Secret ${this.#place.namespace}/${this.#place.name}`;
  }

  /** What is stored now; undefined when there is no such Secret. */
  async read(signal?: AbortSignal): Promise<StoredSecret | undefined> {
    const object = await this.#writer.read(this.#place, signal);
    if (object === undefined) return undefined;
    const data: Record<string, string> = {};
    for (const [key, value] of Object.entries(textMapAt(object, "data"))) {
      data[key] = Buffer.from(value, "base64").toString("utf8");
    }
    const changeAsked = textAt(object, "metadata", "annotations", changeAuthorityAnnotation) !== undefined;
    return { data, changeAsked, object };
  }

  /**
   * Writes `data` over what was read, or creates the Secret where nothing was. Keys that are undefined are removed, and
   * all else in the Secret stays, but for the wish for another authority once one is `announced`. False when somebody
   * else was faster.
   */
  async write(
    before: StoredSecret | undefined,
    data: Readonly<Record<string, string | undefined>>,
    options: { readonly announced?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<boolean> {
    const { announced = false, signal } = options;
    if (before === undefined) return this.#writer.create(this.#place, this.#fresh(data), signal);
    const stored = fieldAt(before.object, "data");
    const metadata = fieldAt(before.object, "metadata");
    const object = {
      ...before.object,
      metadata: announced ? withoutAsking(metadata) : metadata,
      data: { ...(isRawObject(stored) ? stored : {}), ...encoded(data) },
    };
    return this.#writer.replace(this.#place, object, signal);
  }

  /** Calls `onEvent` at each sign that it may have changed, until the watch ends. Throws `ApiError`. */
  watch(onEvent: () => void, signal: AbortSignal): Promise<void> {
    return this.#writer.watch(this.#place, onEvent, signal);
  }

  #fresh(data: Readonly<Record<string, string | undefined>>): RawObject {
    const { namespace, name } = this.#place;
    return {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace, name, labels: { "app.kubernetes.io/managed-by": "sluice" } },
      type: "Opaque",
      data: encoded(data),
    };
  }
}

function encoded(data: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  const entries = Object.entries(data).map(([key, text]) => [
    key,
    text === undefined ? undefined : Buffer.from(text).toString("base64"),
  ]);
  return Object.fromEntries(entries);
}

function withoutAsking(metadata: unknown): unknown {
  const annotations = fieldAt(metadata, "annotations");
  if (!isRawObject(metadata) || !isRawObject(annotations)) return metadata;
  const { [changeAuthorityAnnotation]: _, ...rest } = annotations;
  return { ...metadata, annotations: rest };
}
