import type { EnvVar, Lifecycle, Probe, Volume, VolumeDevice, VolumeMount } from "kubernetes-types/core/v1";
import type { LabelSelector } from "kubernetes-types/meta/v1";

/** The configuration file of the JuiceFS CSI driver, as far as it is about clients in pods (pkg/config/config.go). */
export interface JuicefsSettings {
  /** Absent: decided by what the cluster runs. */
  readonly nativeSidecars?: boolean;
  /** Whether a volume with a sub path gets its claim's size as a quota. */
  readonly setQuota: boolean;
  /** In the order of the file; of those that match a claim the later ones replace the earlier ones' fields. */
  readonly patches: readonly MountPodPatch[];
}

/** One entry of `mountPodPatch`. Of what it holds for mount pods only nothing is kept. */
export interface MountPodPatch {
  readonly claims?: ClaimSelector;
  readonly nodes?: LabelSelector;
  readonly ceMountImage?: string;
  readonly eeMountImage?: string;
  readonly imagePullPolicy?: string;
  readonly env?: readonly EnvVar[];
  readonly resources?: Sizes;
  readonly resourcePercentages?: Percentages;
  readonly mountOptions?: readonly string[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly lifecycle?: Lifecycle;
  readonly cacheDirs?: readonly CacheDirectory[];
  readonly volumes?: readonly Volume[];
  readonly volumeMounts?: readonly VolumeMount[];
  readonly volumeDevices?: readonly VolumeDevice[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly hostNetwork?: boolean;
  /** Some of its texts hold templates such as ${MOUNT_POINT}. */
  readonly templated?: true;
}

/** All that is given has to match. */
export interface ClaimSelector {
  readonly name?: string;
  readonly storageClassName?: string;
  readonly labels?: LabelSelector;
}

export interface Sizes {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** Shares of what the app's containers have, such as 0.3; `minLimits` are quantities. */
export interface Percentages {
  readonly requests?: Readonly<Record<string, number>>;
  readonly limits?: Readonly<Record<string, number>>;
  readonly minLimits?: Readonly<Record<string, string>>;
}

export type CacheDirectory =
  | { readonly type: "HostPath"; readonly path: string }
  | { readonly type: "PVC"; readonly name: string }
  | { readonly type: "EmptyDir"; readonly sizeLimit?: string; readonly medium?: string }
  | {
      readonly type: "Ephemeral";
      readonly storage: string;
      readonly storageClassName?: string;
      readonly accessModes: readonly string[];
    };

/** The ConfigMap that holds the driver's configuration file. */
export interface JuicefsConfig {
  readonly namespace: string;
  readonly name: string;
  /** As the file has it, or had it before it became unreadable; absent as long as it never was readable. */
  readonly settings?: JuicefsSettings;
  /** What is wrong with the file, each naming the path in it; with one of them it does not count. */
  readonly problems: readonly string[];
  /** What in the file nobody reads. */
  readonly unread: readonly string[];
}
