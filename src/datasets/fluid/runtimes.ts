/** One of Fluid's runtime types: where its objects are found, and what we can do with it. */
export interface RuntimeType {
  /** status.runtimes[].type of the Dataset. */
  readonly type: string;
  /** Kind of the runtime object, which has the Dataset's name. */
  readonly kind: string;
  /** Name of the client's DaemonSet is the Dataset's name and this. */
  readonly daemonSetSuffix: string;
  /** Whether its client can be a sidecar. Without that its datasets are left to the CSI driver. */
  readonly sidecar: boolean;
  /** Whether its workers' nodes carry the dataset's label. */
  readonly labelsNodes: boolean;
  /** Whether spec.fuse.metrics.scrapeTarget counts. */
  readonly metricsTarget: boolean;
}

/** Fluid: pkg/ddc/base/runtime.go. Alphabetical but for the ones that cannot be sidecars. */
const runtimeTypes: readonly RuntimeType[] = [
  row("alluxio", "AlluxioRuntime", "-fuse", {}),
  row("jindo", "JindoRuntime", "-jindofs-fuse", { metricsTarget: true }),
  row("juicefs", "JuiceFSRuntime", "-fuse", {}),
  row("thin", "ThinRuntime", "-fuse", { labelsNodes: false }),
  row("efc", "EFCRuntime", "-fuse", { sidecar: false }),
  row("vineyard", "VineyardRuntime", "-fuse", { sidecar: false }),
  row("cache", "CacheRuntime", "-client", { sidecar: false }),
];

/** Types whose client can be a sidecar, for messages. */
export const sidecarTypes: string = runtimeTypes
  .filter((known) => known.sidecar)
  .map((known) => known.type)
  .join(", ");

export function runtimeType(type: string): RuntimeType | undefined {
  return runtimeTypes.find((known) => known.type === type);
}

function row(
  type: string,
  kind: string,
  daemonSetSuffix: string,
  differs: Partial<RuntimeType>,
): RuntimeType {
  return { type, kind, daemonSetSuffix, sidecar: true, labelsNodes: true, metricsTarget: false, ...differs };
}
