/** Annotations of ours on a Dataset. */
export const datasetAnnotations = {
  /**
   * On the Dataset that others refer to: the namespaces whose datasets may, separated by commas, or `*` for all. Its
   * own namespace always may.
   */
  referableFrom: "sluice.io/referable-from",
  /**
   * On a reference dataset: the ConfigMaps and Secrets of its client that are in its namespace, such as
   * `secret/jfs-secret,configmap/jfs-script`. Written by whoever has put them there, a person or a controller.
   */
  clientObjects: "sluice.io/client-objects",
} as const;
