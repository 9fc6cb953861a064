/** What one kind of node allows, as data. The catalogue holds one record for each kind. */
export interface Platform {
  readonly name: string;
  /** What kind of node this is and what follows from it, as one sentence for `explain`. */
  readonly summary: string;
  /** Marks that send a pod to this kind of node. */
  readonly marks: readonly PlatformMark[];
  /** Marks on the pod that only say which kind of node its maker has in mind; they count after all `marks`. */
  readonly hints: readonly PlatformMark[];
  /** Whether the scheduler heeds a pod's node affinity on its way to such a node. */
  readonly nodeAffinity: "heard" | "ignored";
  /** Whether init containers with `restartPolicy: Always` run there; `by-kubelet`: as the node's version says. */
  readonly nativeSidecars: boolean | "by-kubelet";
  /** Whether a mount made by one container is known to appear in another through a shared `emptyDir`. */
  readonly views: "confirmed" | "unconfirmed" | "refused";
  /** Whether a pod with a `hostPath` volume is refused there; absent: it is not. */
  readonly hostPaths?: "refused";
  /** A part of the pod's `runtimeClassName` by which it is recognised. */
  readonly runtimeClass?: string;
  /** Values of the pod's `nodeSelector` by which it is recognised, where nothing else names a platform. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

/** A label or annotation by which a platform is recognised. */
export interface PlatformMark {
  readonly kind: "label" | "annotation";
  readonly key: string;
  readonly value: string;
  /** Whether it also counts on the namespace, for all its pods. */
  readonly onNamespace: boolean;
}
