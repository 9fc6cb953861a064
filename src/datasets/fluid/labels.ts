/** Keys that begin so mark the claims of datasets, and the nodes that hold their caches. */
export const datasetPrefix = "fluid.io/s-";
/** Keys that begin so mark the nodes with a client pod. */
export const clientPrefix = "fluid.io/f-";

const managedBy = "fluid.io/managed-by";
/** Deprecated in Fluid, yet still honoured there. */
const wrappedBy = "fluid.io/wrapped-by";

type Labels = Readonly<Record<string, string>>;

/** The label by which a claim belongs to a dataset, if one does. Fluid: pkg/utils/kubeclient/volume.go. */
export function datasetLabel(labels: Labels): string | undefined {
  if (Object.hasOwn(labels, managedBy)) return managedBy;
  if (Object.hasOwn(labels, wrappedBy)) return wrappedBy;
  for (const key in labels) if (key.startsWith(datasetPrefix)) return key;
  return undefined;
}

/** Name of the Dataset (in the claim's namespace) that a dataset's claim belongs to. */
export function datasetName(claimName: string, labels: Labels): string {
  return own(labels, managedBy) || own(labels, wrappedBy) || claimName;
}

/**
 * Key of a node label of a dataset; undefined when it would need the Dataset's UID and that is unknown.
 * Fluid: keys of 63 characters and more are built from the UID (pkg/utils/label.go).
 */
export function nodeLabel(
  prefix: string,
  dataset: { readonly namespace: string; readonly name: string; readonly uid?: string },
): string | undefined {
  const key = `${prefix}${dataset.namespace}-${dataset.name}`;
  if (key.length < 63) return key;
  return dataset.uid ? `${prefix}${dataset.uid}` : undefined;
}

function own(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
