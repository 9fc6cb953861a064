import { cacheWaitAnnotation, cacheWaitResultAnnotation } from "../cache-gate.ts";
import { controllersLabel, endAnnotation } from "../end-sign.ts";
import { statusAnnotation } from "../status-annotation.ts";

/** Pod annotation: the container that kubectl takes for the main one. */
export const defaultContainer = "kubectl.kubernetes.io/default-container";

const ownLabels = new Set([
  "done.sidecar.fluid.io/inject",
  "done.sidecar.juicefs.com/inject",
  "fluid.io/managed-by",
  controllersLabel,
]);
const ownAnnotations = new Set([
  statusAnnotation,
  "fluid.io/datasets-in-use",
  "file-prefetcher.fluid.io/inject-done",
  "prometheus.fuse.fluid.io/scrape",
  cacheWaitAnnotation,
  cacheWaitResultAnnotation,
  endAnnotation,
]);
const datasetLabel = /^dataset-(name|namespace)\.sidecar\.fluid\.io\/(.*)$/;

/** Whether a label is one that an injection writes, by its key. */
export function isOwnLabel(key: string): boolean {
  return ownLabels.has(key) || namedContainer(key) !== undefined;
}

/** The container that one of Fluid's labels about a dataset names. */
export function namedContainer(key: string): string | undefined {
  return key.startsWith("dataset-") ? datasetLabel.exec(key)?.[2] : undefined;
}

/** Whether an annotation is one that an injection writes, by its key. */
export function isOwnAnnotation(key: string): boolean {
  return ownAnnotations.has(key);
}
