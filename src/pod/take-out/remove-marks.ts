import { cacheGate, cacheWaitAnnotation, cacheWaitResultAnnotation } from "../cache-gate.ts";
import { controllersLabel, endAnnotation } from "../end-sign.ts";
import type { PodEditor } from "../pod-editor.ts";
import type { OwnParts } from "./own-parts.ts";

const why = "said what was injected";

const ownLabels = new Set([
  "done.sidecar.fluid.io/inject",
  "done.sidecar.juicefs.com/inject",
  "fluid.io/managed-by",
  controllersLabel,
]);
const ownAnnotations = new Set([
  "sluice.io/status",
  "fluid.io/datasets-in-use",
  "file-prefetcher.fluid.io/inject-done",
  "prometheus.fuse.fluid.io/scrape",
  cacheWaitAnnotation,
  cacheWaitResultAnnotation,
  endAnnotation,
]);
const datasetLabel = /^dataset-(name|namespace)\.sidecar\.fluid\.io\/(.*)$/;
const defaultContainer = "kubectl.kubernetes.io/default-container";

/** Takes out labels, annotations and the scheduling gate that an injection writes. */
export function removeMarks(editor: PodEditor, { containers }: OwnParts): void {
  removeGate(editor);
  for (const key of Object.keys(editor.pod.metadata?.labels ?? {})) {
    const container = datasetLabel.exec(key)?.[2];
    if (ownLabels.has(key) || (container !== undefined && containers.has(container)))
      editor.remove(["metadata", "labels", key], why);
  }
  for (const [key, value] of Object.entries(editor.pod.metadata?.annotations ?? {})) {
    if (ownAnnotations.has(key) || isNeedless(editor, key, value))
      editor.remove(["metadata", "annotations", key], why);
    else if (key !== defaultContainer) forgetContainers(editor, key, value, containers);
  }
  for (const part of ["labels", "annotations"] as const) {
    const map = editor.pod.metadata?.[part];
    if (map !== undefined && Object.keys(map).length === 0) editor.remove(["metadata", part], "is empty");
  }
}

/** kubectl takes the first container by itself. */
function isNeedless(editor: PodEditor, key: string, value: string): boolean {
  return key === defaultContainer && editor.pod.spec?.containers[0]?.name === value;
}

function removeGate(editor: PodEditor): void {
  const gates = editor.pod.spec?.schedulingGates ?? [];
  const gate = gates.findIndex(({ name }) => name === cacheGate);
  if (gate < 0) return;
  const path = ["spec", "schedulingGates"];
  editor.remove(gates.length === 1 ? path : [...path, gate], "held the pod back until its cache is warm");
}

/** A platform's annotation may list our containers beside the user's, by name or as {container, mountPath}. */
function forgetContainers(editor: PodEditor, key: string, value: string, own: ReadonlySet<string>): void {
  const path = ["metadata", "annotations", key];
  const entries = parseList(value);
  const names = value.split(",").map((name) => name.trim());
  const left = entries?.filter((entry) => !isAbout(entry, own)) ?? names.filter((name) => !own.has(name));
  const before = entries ?? names;
  if (left.length === before.length) return;
  if (left.length > 0) {
    editor.set(path, entries === undefined ? left.join(",") : JSON.stringify(left), why);
    return;
  }
  editor.remove(path, why);
  if (entries === undefined) return;
  // What switches such a list on has its own name for a value.
  for (const [name, text] of Object.entries(editor.pod.metadata?.annotations ?? {}))
    if (name === text) editor.remove(["metadata", "annotations", name], why);
}

function parseList(value: string): readonly unknown[] | undefined {
  if (!value.startsWith("[")) return undefined;
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}

function isAbout(entry: unknown, own: ReadonlySet<string>): boolean {
  if (typeof entry !== "object" || entry === null || !("container" in entry)) return false;
  return typeof entry.container === "string" && own.has(entry.container);
}
