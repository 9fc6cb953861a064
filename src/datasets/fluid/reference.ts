export interface DatasetName {
  readonly namespace: string;
  readonly name: string;
}

const scheme = "dataset://";

/**
 * The physical dataset behind a reference dataset, whose only mount is `dataset://namespace/name[/sub/path]`;
 * undefined for any other dataset. Fluid: pkg/ddc/thin/referencedataset.
 */
export function referredDataset(mountPoints: readonly string[]): DatasetName | undefined {
  const [first, second] = mountPoints;
  if (first === undefined || second !== undefined || !first.startsWith(scheme)) return undefined;
  const [namespace, name] = first.slice(scheme.length).split("/");
  return namespace && name ? { namespace, name } : undefined;
}
