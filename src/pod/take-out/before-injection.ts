import type { NodeAffinity } from "kubernetes-types/core/v1";

/**
 * What an injected pod does not show any more of the pod that it was made of, where `takeOut` would not come upon it by
 * itself: written into sluice.io/status, mostly empty. Null stands for a member that was not there.
 */
export interface BeforeInjection {
  readonly volumes?: Readonly<Record<string, VolumeBefore>>;
  /** By container and mountPath: members of the mount as they were. */
  readonly mounts?: Readonly<Record<string, Readonly<Record<string, MountBefore>>>>;
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
  /** What was added to imagePullSecrets, and to the lists of dnsConfig. */
  readonly pullSecrets?: readonly string[];
  readonly dns?: readonly string[];
  readonly affinity?: NodeAffinity | null;
  /** The topologySpreadConstraints were added. */
  readonly spread?: true;
}

export interface VolumeBefore {
  /** Where the volume's client serves several claims, or the volume is gone. */
  readonly claim?: string;
  readonly readOnly?: boolean;
  /** Where it stood, if it is gone. */
  readonly at?: number;
}

export type MountBefore = Readonly<Record<string, string | boolean | null>>;

type Entries = Readonly<Record<string, unknown>>;

/** What a pod's sluice.io/status says of it; undefined where that says nothing, or what nobody of ours would write. */
export function readBefore(statusText: string | undefined): BeforeInjection | undefined {
  if (statusText === undefined) return undefined;
  try {
    const status: unknown = JSON.parse(statusText);
    const before = isEntries(status) ? status["before"] : undefined;
    return isBefore(before) ? before : undefined;
  } catch {
    return undefined;
  }
}

const checks: Readonly<Record<keyof BeforeInjection, (value: unknown) => boolean>> = {
  volumes: (value) => isMapOf(value, isVolume),
  mounts: (value) => isMapOf(value, (paths) => isMapOf(paths, isMount)),
  labels: (value) => isMapOf(value, isTextOrNull),
  annotations: (value) => isMapOf(value, isTextOrNull),
  pullSecrets: isTexts,
  dns: isTexts,
  affinity: (value) => value === null || isEntries(value),
  spread: (value) => value === true,
};

/** Whoever may write a pod may write its annotations: what is not of this form is not gone by. */
function isBefore(value: unknown): value is BeforeInjection {
  if (!isEntries(value)) return false;
  return Object.entries(checks).every(([key, check]) => value[key] === undefined || check(value[key]));
}

function isVolume(value: unknown): boolean {
  if (!isEntries(value)) return false;
  const { claim = "", readOnly = false, at = 0 } = value;
  return typeof claim === "string" && typeof readOnly === "boolean" && Number.isSafeInteger(at);
}

const mountMembers = new Set([
  "name",
  "readOnly",
  "subPath",
  "subPathExpr",
  "mountPropagation",
  "recursiveReadOnly",
]);

function isMount(value: unknown): boolean {
  if (!isEntries(value)) return false;
  return Object.entries(value).every(([key, member]) =>
    key === "readOnly"
      ? member === null || typeof member === "boolean"
      : mountMembers.has(key) && isTextOrNull(member),
  );
}

function isMapOf(value: unknown, check: (member: unknown) => boolean): boolean {
  return isEntries(value) && Object.values(value).every(check);
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === "string";
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

function isEntries(value: unknown): value is Entries {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
