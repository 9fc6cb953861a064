import { ApiConnection, type CallOptions } from "./api-connection.ts";
import { ApiError, errorFromStatus, reasonOf } from "./api-error.ts";
import { objectsPath } from "./api-resources.ts";
import { loadKubeConfig } from "./kube-config.ts";
import type { KubeConfigOptions } from "./kube-config-options.ts";
import { fieldAt, isRawObject, type RawObject } from "./raw-fields.ts";
import { readWatchEvents } from "./watch-events.ts";

/** Where one object is in the API. */
export interface ObjectPlace {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** Left out for cluster-scoped resources. */
  readonly namespace?: string;
  readonly name: string;
  /** A part of the object that has rights of its own. */
  readonly subresource?: "status";
}

/** An operation of a JSON patch (RFC 6902). */
export interface PatchOperation {
  readonly op: "test" | "add" | "replace" | "remove";
  readonly path: string;
  readonly value?: unknown;
}

/** What the writer needs of a connection to the API server. */
export type ApiCalls = Pick<ApiConnection, "getJson" | "read" | "close">;

const answerMs = 5_000;
// The API server ends the watch within its time; bookmarks come about once a minute.
const watchSeconds = 240;
const watchIdleMs = 95_000;

/**
 * Reads and writes single objects by name, past every cache. Apart from the read model: admission must not have it.
 * All methods throw `ApiError` with a message that names the object and, where a right is missing, that right.
 */
export class ClusterWriter {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    this.#calls = calls;
  }

  /** The object as it is stored now; undefined when there is none. */
  async read(place: ObjectPlace, signal?: AbortSignal): Promise<RawObject | undefined> {
    try {
      return await this.#call("get", place, { path: objectPath(place), signal });
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  /** Creates an object; false when there is one of this name already. */
  async create(place: ObjectPlace, object: RawObject, signal?: AbortSignal): Promise<boolean> {
    const call = {
      path: objectsPath(place, place.namespace),
      method: "POST",
      body: object,
      signal,
    };
    return this.#unless([409], "create", place, call);
  }

  /**
   * Replaces an object that was read before, by its resourceVersion; false when it has changed or gone since.
   */
  async replace(place: ObjectPlace, object: RawObject, signal?: AbortSignal): Promise<boolean> {
    const call = {
      path: objectPath(place),
      method: "PUT",
      body: object,
      signal,
    };
    return this.#unless([404, 409], "update", place, call);
  }

  /** Applies a JSON patch; false when the object has gone or one of the patch's tests fails. */
  async patch(
    place: ObjectPlace,
    operations: readonly PatchOperation[],
    signal?: AbortSignal,
  ): Promise<boolean> {
    const contentType = "application/json-patch+json";
    const call = { path: objectPath(place), method: "PATCH", body: operations, contentType, signal };
    // A test that fails is told as 422 (Kubernetes: staging/src/k8s.io/apiserver, handlers/patch.go).
    return this.#unless([404, 409, 422], "patch", place, call);
  }

  /** Deletes an object, if it is the one with this uid; false when it has gone or is another one by now. */
  async delete(place: ObjectPlace, uid: string, signal?: AbortSignal): Promise<boolean> {
    const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } };
    return this.#unless([404, 409], "delete", place, {
      path: objectPath(place),
      method: "DELETE",
      body,
      signal,
    });
  }

  /** Calls `onEvent` at each sign that the object may have changed. Returns when the watch ends. */
  async watch(place: ObjectPlace, onEvent: () => void, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({
      watch: "true",
      fieldSelector: `metadata.name=${place.name}`,
      allowWatchBookmarks: "true",
      timeoutSeconds: String(watchSeconds),
    });
    try {
      const chunks = this.#calls.read(`${objectsPath(place, place.namespace)}?${query}`, {
        kind: "watch",
        idleMs: watchIdleMs,
        signal,
        onAnswer: onEvent,
      });
      for await (const { type, object } of readWatchEvents(chunks)) {
        if (type === "ERROR") throw errorFromStatus(Number(fieldAt(object, "code")) || 500, object);
        if (type !== "BOOKMARK") onEvent();
      }
    } catch (error) {
      throw describe("watch", place, error);
    }
  }

  /** Closes the connections, those in use too. */
  close(): void {
    this.#calls.close();
  }

  async #unless(statuses: readonly number[], verb: string, place: ObjectPlace, call: Call): Promise<boolean> {
    try {
      await this.#call(verb, place, call);
      return true;
    } catch (error) {
      const status = statusOf(error);
      if (status !== undefined && statuses.includes(status)) return false;
      throw error;
    }
  }

  async #call(verb: string, place: ObjectPlace, { path, ...call }: Call): Promise<RawObject> {
    try {
      const answer = await this.#calls.getJson(path, { idleMs: answerMs, ...call });
      if (!isRawObject(answer)) throw new ApiError("the answer is no object");
      return answer;
    } catch (error) {
      throw describe(verb, place, error);
    }
  }
}

interface Call extends Omit<CallOptions, "idleMs"> {
  readonly path: string;
}

/**
 * A writer with a connection of its own, so that no list holds it up.
 * Throws `KubeConfigError` when it is not known how to reach an API server.
 */
export async function openClusterWriter(options: KubeConfigOptions): Promise<ClusterWriter> {
  await loadKubeConfig(options);
  return new ClusterWriter(new ApiConnection(() => loadKubeConfig(options)));
}

function statusOf(error: unknown): number | undefined {
  return error instanceof ApiError ? error.status : undefined;
}

function objectPath(place: ObjectPlace): string {
  const part = place.subresource === undefined ? "" : `/${place.subresource}`;
  return `${objectsPath(place, place.namespace)}/${encodeURIComponent(place.name)}${part}`;
}

/** 'cannot get secrets "sluice-certs" in namespace sluice-system: …' and what to do about it. */
function describe(verb: string, place: ObjectPlace, error: unknown): ApiError {
  const { group, plural, namespace, name, subresource } = place;
  const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
  const part = subresource === undefined ? plural : `${plural}/${subresource}`;
  const resource = group === "" ? part : `${part}.${group}`;
  const what = `cannot ${verb} ${resource} "${name}"${where}`;
  const status = statusOf(error);
  const because = `${what}: ${remedy(status, verb, resource, where)}${reasonOf(error)}`;
  const retryAfterMs = error instanceof ApiError ? error.retryAfterMs : undefined;
  return new ApiError(because, { status, retryAfterMs, cause: error });
}

function remedy(status: number | undefined, verb: string, resource: string, where: string): string {
  if (status === 403) return `allow the ServiceAccount to ${verb} ${resource}${where}; the API server says: `;
  if (status === 401) return "renew the credentials; the API server says: ";
  if (status === 404) return `create what is missing${where}; the API server says: `;
  return "";
}
