import type { ClusterWriter, ObjectPlace, PatchOperation } from "../cluster/cluster-writer.ts";
import { objectsAt, textAt } from "../cluster/raw-fields.ts";

/** One of the webhooks of a configuration of ours. */
export interface RegisteredWebhook {
  readonly name: string;
  /** PEM, or whatever somebody put there; "" when there is none. */
  readonly caBundle: string;
}

export type RegistrationKind = "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration";

/** Where the API server is told to call us. It is never created, and nothing of it but caBundle is written. */
export class WebhookRegistration {
  readonly kind: RegistrationKind;
  readonly #writer: ClusterWriter;
  readonly #place: ObjectPlace;

  constructor(writer: ClusterWriter, name: string, kind: RegistrationKind = "MutatingWebhookConfiguration") {
    this.#writer = writer;
    this.kind = kind;
    const group = "admissionregistration.k8s.io";
    this.#place = { group, version: "v1", plural: `${kind.toLowerCase()}s`, name };
  }

  /** "MutatingWebhookConfiguration sluice". */
  get title(): string {
    return `${this.kind} ${this.#place.name}`;
  }

  /** Its webhooks in order; undefined when there is no such configuration. Throws `ApiError`. */
  async read(signal?: AbortSignal): Promise<RegisteredWebhook[] | undefined> {
    const object = await this.#writer.read(this.#place, signal);
    if (object === undefined) return undefined;
    return objectsAt(object, "webhooks").map((webhook) => ({
      name: textAt(webhook, "name") ?? "",
      caBundle: Buffer.from(textAt(webhook, "clientConfig", "caBundle") ?? "", "base64").toString("utf8"),
    }));
  }

  /**
   * Gives those of `webhooks` (as they were read) their bundle, PEM, by name. False when the webhooks have changed
   * since. Throws `ApiError`.
   */
  async setBundles(
    webhooks: readonly RegisteredWebhook[],
    bundles: ReadonlyMap<string, string>,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const operations = webhooks.flatMap(({ name }, index): PatchOperation[] => {
      const bundle = bundles.get(name);
      if (bundle === undefined) return [];
      const value = Buffer.from(bundle).toString("base64");
      return [
        { op: "test", path: `/webhooks/${index}/name`, value: name },
        { op: "add", path: `/webhooks/${index}/clientConfig/caBundle`, value },
      ];
    });
    return this.#writer.patch(this.#place, operations, signal);
  }

  /** Calls `onEvent` at each sign that it may have changed, until the watch ends. Throws `ApiError`. */
  watch(onEvent: () => void, signal: AbortSignal): Promise<void> {
    return this.#writer.watch(this.#place, onEvent, signal);
  }
}
