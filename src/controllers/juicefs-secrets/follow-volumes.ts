import type { ApiConnection } from "../../cluster/api-connection.ts";
import { type FollowedObjects, followObjects } from "../../cluster/follow-objects.ts";
import type { LiveTiming } from "../../cluster/live-timing.ts";
import type { ResourceStatus } from "../../cluster/resource-sync.ts";
import { readOptedIn, readVolumeState, type VolumeState } from "./volume-state.ts";

export interface FollowVolumesOptions {
  readonly connection: ApiConnection;
  /** The CSI driver's name. */
  readonly driver: string;
  /** Told that something about the volumes of a Secret ("namespace/name") has changed. */
  readonly onSecret: (secret: string) => void;
  readonly onProblem: (resource: string, problem: string | undefined) => void;
  readonly now: () => number;
  readonly timing?: Partial<LiveTiming> | undefined;
}

/** The volumes of the driver, by the Secret that they name, where their claims' namespaces ask for clients. */
export interface FollowedVolumes {
  of(secret: string): readonly VolumeState[];
  /** How many Secrets they name. */
  secrets(): number;
  readonly synced: Promise<unknown>;
  readonly ended: Promise<unknown>;
  status(): readonly ResourceStatus[];
}

/** Follows them until `signal` ends it. */
export function followVolumes(options: FollowVolumesOptions, signal: AbortSignal): FollowedVolumes {
  const { connection, driver, onSecret, onProblem, now, timing } = options;
  /** Names of volumes by Secret, and the Secret of each volume. */
  const bySecret = new Map<string, Set<string>>();
  const secretOf = new Map<string, string>();

  const moved = (key: string) => {
    const before = secretOf.get(key);
    const after = volumes.get(key)?.secret;
    if (before !== undefined && before !== after) {
      const names = bySecret.get(before);
      names?.delete(key);
      if (names?.size === 0) bySecret.delete(before);
      secretOf.delete(key);
      onSecret(before);
    }
    if (after === undefined) return;
    secretOf.set(key, after);
    const names = bySecret.get(after) ?? new Set();
    bySecret.set(after, names.add(key));
    onSecret(after);
  };
  const resources = { group: "", version: "v1", namespaced: false };
  const follow = <Kept>(
    kind: string,
    plural: string,
    project: Parameters<typeof followObjects<Kept>>[0]["project"],
    onChange: (key: string) => void,
  ): FollowedObjects<Kept> =>
    followObjects<Kept>(
      {
        connection,
        resource: { ...resources, kind, plural },
        project,
        onChange,
        onProblem: (problem) => onProblem(plural, problem),
        now,
        timing,
      },
      signal,
    );
  const namespaces = follow("Namespace", "namespaces", readOptedIn, (key) => {
    for (const [, { claim, secret }] of volumes.entries())
      if (keyOfName(claim.namespace) === key) onSecret(secret);
  });
  const volumes: FollowedObjects<VolumeState> = follow(
    "PersistentVolume",
    "persistentvolumes",
    (raw) => readVolumeState(raw, driver),
    moved,
  );
  return {
    of: (secret) =>
      [...(bySecret.get(secret) ?? [])]
        .sort()
        .flatMap((key) => volumes.get(key) ?? [])
        .filter(({ claim }) => namespaces.get(keyOfName(claim.namespace)) === true),
    secrets: () => bySecret.size,
    synced: Promise.all([namespaces.synced, volumes.synced]),
    ended: Promise.all([namespaces.ended, volumes.ended]),
    status: () => [namespaces.status(), volumes.status()],
  };
}

/** The key of a cluster-scoped object, which has no namespace. */
function keyOfName(name: string): string {
  return `/${name}`;
}
