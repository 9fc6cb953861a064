import type { ObjectRef } from "../types/object-ref.ts";
import type { ApiConnection } from "./api-connection.ts";
import { ApiError } from "./api-error.ts";
import { objectPath } from "./api-resources.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { LiveTiming } from "./live-timing.ts";
import type { ObjectChanges } from "./object-changes.ts";
import type { Place } from "./projections.ts";
import { isRawObject } from "./raw-fields.ts";
import type { ResourceSync } from "./resource-sync.ts";

/** What fresh reads came to, counted since the start. */
export interface FreshReadCounts {
  readonly found: number;
  readonly missing: number;
  readonly failed: number;
}

export interface FreshReadsOptions {
  readonly connection: ApiConnection;
  readonly view: ClusterView;
  readonly changes: ObjectChanges;
  readonly timing: LiveTiming;
  /** Who follows objects of this kind; undefined for kinds that nobody asks for. */
  readonly syncOf: (kind: string) => ResourceSync | undefined;
  /** Whether the API server has this kind now. */
  readonly exists: (kind: string) => boolean;
}

/** One object that somebody wants to know the truth about. */
interface Wanted {
  readonly key: string;
  readonly kind: string;
  readonly place: Place;
  readonly sync: ResourceSync;
}

/** An answer "does not exist", good until anything happens to the resource. */
interface Absence {
  readonly until: number;
  readonly events: number;
}

/** How a read ended: told what there is or that there is nothing, not permitted, or not answered. */
type ReadEnd = "told" | "denied" | "unanswered";

interface LastRead {
  readonly end: ReadEnd;
  /** In milliseconds of the process. */
  readonly at: number;
}

/** How long it is remembered how a read ended; whoever asks reads anew in any case. */
const rememberedMs = 10_000;

// Kubernetes: docs, "Object Names and IDs" (DNS subdomain names).
const objectName = /^[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?$/;

/** Reads objects past the watch, for refusals must not rest on what may be old. */
export class FreshReads {
  readonly #options: FreshReadsOptions;
  /** Reads that are under way, so that each object is read once for all who ask. */
  readonly #reads = new Map<string, Promise<void>>();
  readonly #polls = new Map<string, Promise<void>>();
  readonly #absences = new Map<string, Absence>();
  /** The oldest first. */
  readonly #lastReads = new Map<string, LastRead>();
  readonly #counts = { found: 0, missing: 0, failed: 0 };

  constructor(options: FreshReadsOptions) {
    this.#options = options;
  }

  /** As they are now. */
  get counts(): FreshReadCounts {
    return { ...this.#counts };
  }

  /**
   * Reads `refs` and returns as soon as one of them has changed in the view. Where none has, and one of them is
   * missing or unfinished, waits for that. Returns false when `budgetMs` milliseconds have passed or nothing is to be
   * waited for. Never throws.
   */
  refresh(refs: readonly ObjectRef[], budgetMs: number): Promise<boolean> {
    const wanted = refs.flatMap((ref) => this.#wanted(ref) ?? []);
    if (wanted.length === 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      let ended = false;
      const end = (changed: boolean) => {
        ended = true;
        clearTimeout(timer);
        unlisten();
        resolve(changed);
      };
      const timer = setTimeout(end, budgetMs, false);
      const keys = wanted.map(({ key }) => key);
      const unlisten = this.#options.changes.listen(keys, () => end(true));
      void this.#readUntilSettled(wanted, () => ended).then(() => end(false));
    });
  }

  /** Whether the API server gave no answer when one of `refs` was read last, a moment ago. */
  doubts(refs: readonly ObjectRef[]): boolean {
    return refs.some((ref) => {
      const wanted = this.#wanted(ref);
      if (wanted === undefined) return false;
      const last = this.#lastRead(wanted.key);
      // One that is under way is a doubt only where none before it has told anything.
      return last === undefined ? this.#reads.has(wanted.key) : last.end === "unanswered";
    });
  }

  /** The first of `refs` that we were not permitted to read a moment ago. */
  denied(refs: readonly ObjectRef[]): ObjectRef | undefined {
    return refs.find((ref) => {
      const wanted = this.#wanted(ref);
      return wanted !== undefined && this.#lastRead(wanted.key)?.end === "denied";
    });
  }

  /** How an object was read last; that it was not permitted only for a moment. */
  #lastRead(key: string): LastRead | undefined {
    const last = this.#lastReads.get(key);
    const old = last?.end === "denied" && performance.now() - last.at > this.#options.timing.denial;
    return old ? undefined : last;
  }

  async #readUntilSettled(wanted: readonly Wanted[], ended: () => boolean): Promise<void> {
    await Promise.all(wanted.map((one) => this.#readUnlessAbsent(one)));
    while (!ended()) {
      const unsettled = wanted.filter((one) => this.#mayCome(one));
      if (unsettled.length === 0) return;
      await Promise.all(unsettled.map((one) => this.#poll(one)));
    }
  }

  /** Whether the object is missing or unfinished in a way that tends to change within a second. */
  #mayCome({ kind, place, sync }: Wanted): boolean {
    const { view, exists } = this.#options;
    if (!sync.objects.has(place)) return exists(kind);
    if (kind === "PersistentVolumeClaim") {
      const claim = view.claim(place.namespace, place.name);
      return claim?.volumeName === undefined && claim?.deleting !== true;
    }
    return kind === "Dataset" && view.dataset(place.namespace, place.name)?.phase !== "Bound";
  }

  async #readUnlessAbsent(wanted: Wanted): Promise<void> {
    const absence = this.#absences.get(wanted.key);
    const events = wanted.sync.objects.events;
    if (absence !== undefined && absence.events === events && performance.now() < absence.until) return;
    await this.#once(this.#reads, wanted.key, () => this.#read(wanted));
  }

  /** However many wait for it, an object is read again once in each interval. */
  #poll(wanted: Wanted): Promise<void> {
    return this.#once(this.#polls, wanted.key, async () => {
      await new Promise((resolve) => setTimeout(resolve, this.#options.timing.poll));
      await this.#once(this.#reads, wanted.key, () => this.#read(wanted));
    });
  }

  #once(running: Map<string, Promise<void>>, key: string, work: () => Promise<void>): Promise<void> {
    const known = running.get(key);
    if (known !== undefined) return known;
    const begun = work().finally(() => {
      if (running.get(key) === begun) running.delete(key);
    });
    running.set(key, begun);
    return begun;
  }

  async #read({ key, place, sync }: Wanted): Promise<void> {
    const { connection, timing } = this.#options;
    const { objects, resource } = sync;
    const knownThen = objects.versionOf(place);
    const events = objects.events;
    try {
      const signal = AbortSignal.timeout(timing.read);
      const path = objectPath(resource, place.namespace, place.name);
      const found = await connection.getJson(path, { idleMs: timing.read, signal });
      if (!isRawObject(found)) throw new ApiError("the answer is no object");
      // Whoever asks from now on gets an answer that is newer than the question.
      this.#reads.delete(key);
      this.#counts.found += 1;
      this.#noteRead(key, "told");
      this.#absences.delete(key);
      objects.read(found);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) {
        this.#counts.failed += 1;
        // A right that is missing is an answer of its own: it does not come back by asking again. Credentials do.
        const denied = error instanceof ApiError && error.status === 403;
        this.#noteRead(key, denied ? "denied" : "unanswered");
        return;
      }
      this.#reads.delete(key);
      this.#counts.missing += 1;
      this.#noteRead(key, "told");
      this.#remember(key, { events, until: performance.now() + timing.absence });
      objects.readMissing(place, knownThen);
    }
  }

  #noteRead(key: string, end: ReadEnd): void {
    const now = performance.now();
    for (const [known, { at }] of this.#lastReads) {
      if (now - at < rememberedMs) break;
      this.#lastReads.delete(known);
    }
    this.#lastReads.delete(key);
    this.#lastReads.set(key, { end, at: now });
  }

  #remember(key: string, absence: Absence): void {
    const now = performance.now();
    // The oldest come first: they are put in again with each answer.
    for (const [known, { until }] of this.#absences) {
      if (until > now) break;
      this.#absences.delete(known);
    }
    this.#absences.delete(key);
    this.#absences.set(key, absence);
  }

  #wanted({ kind, namespace = "", name }: ObjectRef): Wanted | undefined {
    const sync = this.#options.syncOf(kind);
    // Names come from pods: what cannot be the name of an object is not put into a path.
    if (sync === undefined || !objectName.test(name)) return undefined;
    if (sync.resource.namespaced && !objectName.test(namespace)) return undefined;
    const place = { namespace: sync.resource.namespaced ? namespace : "", name };
    return { kind, place, sync, key: sync.objects.changeKey(place) };
  }
}
