/** How the API server is found. */
export interface KubeConfigOptions {
  /** A kubeconfig, or several as in the variable KUBECONFIG. It goes before everything else. */
  readonly kubeconfig?: string | undefined;
  /** The context to use instead of the current one. */
  readonly context?: string | undefined;
  /** What stands before the paths of the ServiceAccount's files in a pod. Default "". */
  readonly inClusterRoot?: string | undefined;
  /** What to do where nothing is found, in words. Default: what `sluice serve` offers. */
  readonly remedy?: string | undefined;
}

/** There is no usable description of how to reach an API server. */
export class KubeConfigError extends Error {
  override readonly name = "KubeConfigError";
}
