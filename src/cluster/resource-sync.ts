import type { ApiConnection } from "./api-connection.ts";
import { ApiError, errorFromStatus, reasonOf, SilenceError } from "./api-error.ts";
import { type ApiResource, collectionPath, type FollowedResource, resourceName } from "./api-resources.ts";
import { readListPage } from "./list-pages.ts";
import type { LiveTiming } from "./live-timing.ts";
import { fieldAt, type RawObject, textAt } from "./raw-fields.ts";
import { RetryPause } from "./retry-pause.ts";
import type { Turns } from "./turns.ts";
import type { VersionedObjects } from "./versioned-objects.ts";
import { readWatchEvents, UnreadableEvent } from "./watch-events.ts";

/** How one resource is doing. */
export interface ResourceStatus {
  /** "datasets.data.fluid.io". */
  readonly resource: string;
  /**
   * `absent`: the API server knows no such resource. `syncing`: its objects are being read for the first time.
   * `following`: they are known and kept up with. `failing`: what is known may be old, the reason is in `problem`.
   */
  readonly state: "absent" | "syncing" | "following" | "failing";
  readonly objects: number;
  /** When anything last arrived from the API server, in milliseconds since 1970; undefined before that. */
  readonly lastContact: number | undefined;
  /** How often a watch has ended before its time or a list has failed. */
  readonly restarts: number;
  /** How many lists have been read to their end. */
  readonly lists: number;
  readonly problem: string | undefined;
}

export interface SyncEvents {
  /** The objects have been read for the first time. */
  readonly onSynced: () => void;
  /** Told of each problem when it comes up, and undefined when the resource is followed again. */
  readonly onProblem: (problem: string | undefined) => void;
  /** The API server says that there is no such resource. */
  readonly onMissing: () => void;
}

export interface SyncOptions {
  readonly timing: LiveTiming;
  readonly events: SyncEvents;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Shared by all resources. */
  readonly listTurns: Turns;
}

/** What is read next: all there is, a page of it, or a watch from a version on. */
type Position = { readonly list: ListPosition } | { readonly watchFrom: string };
type ListPosition = "all" | "first page" | { readonly next: string; readonly resourceVersion: string };

/** So many errors of the server one after the other make us read everything anew. */
const refusalsUntilList = 3;

/** Errors that say nothing about where we are in the list or watch: credentials, rights, load. */
const notAboutUs = [401, 403, 429];

/** Keeps the objects of one resource as they are on the API server, through all that can happen on the way. */
export class ResourceSync<Resource extends FollowedResource = ApiResource> {
  readonly resource: Resource;
  readonly objects: VersionedObjects;
  readonly #connection: ApiConnection;
  readonly #timing: LiveTiming;
  readonly #events: SyncEvents;
  readonly #now: () => number;
  readonly #listTurns: Turns;
  readonly #pause: RetryPause;
  #position: Position = { list: "all" };
  #synced = false;
  #lastContact: number | undefined;
  #restarts = 0;
  #lists = 0;
  #refusals = 0;
  #problem: string | undefined;

  constructor(
    resource: Resource,
    objects: VersionedObjects,
    connection: ApiConnection,
    options: SyncOptions,
  ) {
    this.resource = resource;
    this.objects = objects;
    this.#connection = connection;
    this.#timing = options.timing;
    this.#events = options.events;
    this.#now = options.now;
    this.#listTurns = options.listTurns;
    this.#pause = new RetryPause(options.timing);
  }

  /** How it is doing now. */
  get status(): ResourceStatus {
    const trouble = this.#problem === undefined ? undefined : "failing";
    return {
      resource: resourceName(this.resource),
      state: this.#synced ? (trouble ?? "following") : "syncing",
      objects: this.objects.size,
      lastContact: this.#lastContact,
      restarts: this.#restarts,
      lists: this.#lists,
      problem: this.#problem,
    };
  }

  /** Whether the objects have been read once. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Reads and follows the objects until `signal` ends it. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const begun = performance.now();
      let error: ApiError | undefined;
      try {
        const position = this.#position;
        if ("watchFrom" in position) await this.#watch(position.watchFrom, signal);
        else {
          await this.#listTurns.take(() => this.#readList(position.list, signal));
          continue;
        }
      } catch (thrown) {
        error = thrown instanceof ApiError ? thrown : new ApiError(reasonOf(thrown), { cause: thrown });
      }
      if (signal.aborted) return;
      if (performance.now() - begun >= this.#timing.healthy) this.#pause.reset();
      if (error !== undefined) this.#failed(error);
      const { unreachable = false, retryAfterMs = 0 } = error ?? {};
      await this.#pause.wait(signal, { unreachable, atLeastMs: retryAfterMs });
    }
  }

  /** The API server answers again. */
  hurry(): void {
    this.#pause.hurry();
  }

  async #readList(list: ListPosition, signal: AbortSignal): Promise<void> {
    const resumed = typeof list === "string" ? undefined : list;
    if (resumed === undefined) this.objects.beginList();
    const begin = list === "all" ? { atLeast: this.objects.seenUpTo } : { pages: resumed?.next };
    const options = {
      idleMs: this.#timing.answer,
      signal,
      // What breaks on the way is better had in pieces.
      onAnswer: () => {
        this.#position = { list: resumed ?? "first page" };
      },
      onItems: (items: Iterable<RawObject>) => {
        this.#lastContact = this.#now();
        for (const item of items) this.objects.listed(item);
      },
    };
    const page = await readListPage(this.#connection, this.resource, begin, options);
    this.#contact();
    this.#refusals = 0;
    // All pages show the state that the first one was read at.
    const resourceVersion = resumed?.resourceVersion ?? page.resourceVersion;
    if (page.next !== undefined) this.#position = { list: { next: page.next, resourceVersion } };
    else if (!this.objects.endList(resourceVersion)) this.#position = { list: "first page" };
    else {
      this.#lists += 1;
      this.#position = { watchFrom: resourceVersion };
      this.#countAsSynced();
    }
  }

  #countAsSynced(): void {
    if (this.#synced) return;
    this.#synced = true;
    this.#events.onSynced();
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const [least, most] = this.#timing.watchSeconds;
    const path = collectionPath(this.resource, {
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion,
      timeoutSeconds: String(Math.round(least + Math.random() * (most - least))),
    });
    const chunks = this.#connection.read(path, {
      kind: "watch",
      idleMs: this.#timing.idle,
      answerMs: this.#timing.answer,
      signal,
      onAnswer: () => this.#contact(),
    });
    for await (const { type, object } of readWatchEvents(this.#contacts(chunks))) {
      if (type === "ERROR") throw errorFromStatus(Number(fieldAt(object, "code")) || 500, object);
      const version = textAt(object, "metadata", "resourceVersion");
      if (type === "BOOKMARK") this.objects.bookmarked(version ?? "");
      else this.objects.watched(type, object);
      if (version) this.#position = { watchFrom: version };
      this.#refusals = 0;
    }
  }

  async *#contacts(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#contact();
      yield chunk;
    }
  }

  #contact(): void {
    this.#lastContact = this.#now();
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#events.onProblem(undefined);
  }

  #failed(error: ApiError): void {
    this.#restarts += 1;
    const list = "watchFrom" in this.#position ? undefined : this.#position.list;
    if (error.status !== undefined && !notAboutUs.includes(error.status)) this.#refusals += 1;
    const lost = error.lostTrack || error instanceof UnreadableEvent;
    if (lost || this.#refusals >= refusalsUntilList) {
      this.#position = { list: list === "all" ? "first page" : "all" };
      this.#refusals = 0;
    }
    if (error.status === 404) this.#events.onMissing();
    // Losing track happens to everybody who was away for some minutes, and the list puts it right. No bookmarks come
    // while nothing at all has happened to a resource since the API server began, so that silence is no trouble either.
    if (error.lostTrack || (list === undefined && error instanceof SilenceError)) return;
    const problem = describeProblem(this.resource, list === undefined ? "watch" : "list", error);
    if (problem !== this.#problem) {
      this.#problem = problem;
      this.#events.onProblem(problem);
    }
    // One object that may not be read is as if it were not there; nothing else has to wait for it.
    if (this.resource.only !== undefined && error.status === 403) this.#countAsSynced();
  }
}

/** "cannot list datasets.data.fluid.io: …" and what to do about it. */
function describeProblem(resource: FollowedResource, verb: string, error: ApiError): string {
  const { only } = resource;
  const one = only === undefined ? "" : ` "${only.name}" in namespace ${only.namespace}`;
  const what = `cannot ${verb} ${resourceName(resource)}${one}`;
  if (error.status === 403) return `${what}: give the ServiceAccount get, list and watch (${error.message})`;
  if (error.status === 401)
    return `${what}: the API server does not accept the credentials; renew them (${error.message})`;
  return `${what}: ${error.message}; it is tried again`;
}
