import { isDeepStrictEqual } from "node:util";
import type { ApiConnection } from "./api-connection.ts";
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
  /** What is kept of an object; undefined where nothing is. Must not throw. */
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

export function keyOf({ namespace, name }: Place): string {
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
  const objects = new VersionedObjects(resource, {
    read: (place, raw) => {
      const value = project(raw, place);
      return () => keep(keyOf(place), value);
    },
    drop: (place) => keep(keyOf(place), undefined),
  });
  let absent = false;
  let toldOf: string | undefined;
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
        const told = absent ? undefined : problem;
        if (told !== toldOf) onProblem(told);
        toldOf = told;
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
