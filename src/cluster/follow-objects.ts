import { isDeepStrictEqual } from "node:util";
import type { ApiConnection } from "./api-connection.ts";
import { reasonOf } from "./api-error.ts";
import { type FollowedResource, resourceName } from "./api-resources.ts";
import { defaultTiming, type LiveTiming } from "./live-timing.ts";
import type { Place } from "./projections.ts";
import type { RawObject } from "./raw-fields.ts";
import { type ResourceStatus, ResourceSync } from "./resource-sync.ts";
import { Turns } from "./turns.ts";
import { VersionedObjects } from "./versioned-objects.ts";

export interface FollowOptions<Kept> {
  readonly connection: ApiConnection;
  readonly resource: FollowedResource;
  /** What is kept of an object; undefined where nothing is. One with which it throws is left out, and told of. */
  readonly project: (raw: RawObject, place: Place) => Kept | undefined;
  /** Told when what is kept of an object has changed, or is gone: "namespace/name". Must not throw. */
  readonly onChange: (key: string) => void;
  /** Told when the objects cannot be read, and again (undefined) when they can. Must not throw. */
  readonly onProblem: (problem: string | undefined) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly timing?: Partial<LiveTiming> | undefined;
}

/** Objects of one resource, as they are on the API server. */
export interface FollowedObjects<Kept> {
  /** By "namespace/name". */
  get(key: string): Kept | undefined;
  entries(): Iterable<readonly [string, Kept]>;
  /** Resolves when all have been read once, or there is no such resource; or when following has been ended. */
  readonly synced: Promise<void>;
  status(): ResourceStatus;
  /** Resolves when following has been ended by its signal. */
  readonly ended: Promise<void>;
}

function keyOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`;
}

/**
 * Reads and follows the objects of a namespaced resource until `signal` ends it. A resource that the API server does
 * not have is no problem: it is asked for again and again, and has no objects until then. Never throws.
 */
export function followObjects<Kept>(
  options: FollowOptions<Kept>,
  signal: AbortSignal,
): FollowedObjects<Kept> {
  const { connection, resource, project, onChange, onProblem, now } = options;
  const kept = new Map<string, Kept>();
  const keep = (key: string, value: Kept | undefined) => {
    const before = kept.get(key);
    if (value === undefined) kept.delete(key);
    else kept.set(key, value);
    if (!isDeepStrictEqual(before, value)) onChange(key);
  };
  /** Why objects are left out, by key: one that somebody made to be read badly keeps no other from being followed. */
  const leftOut = new Map<string, string>();
  let problemOfSync: string | undefined;
  let absent = false;
  let toldOf: string | undefined;
  const tell = () => {
    const [whyOfOne] = leftOut.values();
    const told = absent ? undefined : (problemOfSync ?? whyOfOne);
    if (told !== toldOf) onProblem(told);
    toldOf = told;
  };
  const leaveOut = (key: string, why: string | undefined) => {
    if (why === undefined && !leftOut.delete(key)) return;
    if (why !== undefined) leftOut.set(key, `${resource.kind} ${key} is left out: ${why}`);
    tell();
  };
  const read = (place: Place, raw: RawObject) => {
    try {
      return { value: project(raw, place) };
    } catch (error) {
      return { why: reasonOf(error) };
    }
  };
  const objects = new VersionedObjects(resource, {
    read: (place, raw) => {
      const { value, why } = read(place, raw);
      return () => {
        keep(keyOf(place), value);
        leaveOut(keyOf(place), why);
      };
    },
    drop: (place) => {
      keep(keyOf(place), undefined);
      leaveOut(keyOf(place), undefined);
    },
  });
  let onSynced: () => void = () => undefined;
  const synced = new Promise<void>((resolve) => {
    onSynced = resolve;
  });
  const sync = new ResourceSync(resource, objects, connection, {
    timing: { ...defaultTiming, ...options.timing },
    now,
    listTurns: new Turns(1),
    events: {
      onSynced: () => {
        absent = false;
        onSynced();
      },
      onMissing: () => {
        absent = true;
        onSynced();
      },
      onProblem: (problem) => {
        if (problem === undefined) absent = false;
        problemOfSync = problem;
        tell();
      },
    },
  });
  const ended = sync.run(signal).finally(onSynced);
  return {
    get: (key) => kept.get(key),
    entries: () => kept.entries(),
    synced,
    status: () =>
      absent ? { ...sync.status, resource: resourceName(resource), state: "absent" } : sync.status,
    ended,
  };
}
