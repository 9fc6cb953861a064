import { cacheGate } from "../cache-gate.ts";
import type { PodEditor } from "../pod-editor.ts";
import type { BeforeInjection } from "./before-injection.ts";
import { defaultContainer, isOwnAnnotation, isOwnLabel, namedContainer } from "./own-marks.ts";
import type { OwnParts } from "./own-parts.ts";

const why = "said what was injected";

/** Takes out labels, annotations and the scheduling gate that an injection writes. */
export function removeMarks(
  editor: PodEditor,
  { containers }: OwnParts,
  before: BeforeInjection | undefined,
): void {
  removeGate(editor);
  for (const key of Object.keys(editor.pod.metadata?.labels ?? {})) {
    const named = namedContainer(key);
    if (named === undefined ? isOwnLabel(key) : containers.has(named))
      editor.remove(["metadata", "labels", key], why);
  }
  for (const [key, value] of Object.entries(editor.pod.metadata?.annotations ?? {})) {
    if (isOwnAnnotation(key) || isNeedless(editor, key, value))
      editor.remove(["metadata", "annotations", key], why);
    else if (key !== defaultContainer && before === undefined)
      forgetContainers(editor, key, value, containers);
  }
  for (const part of ["labels", "annotations"] as const) {
    restoreEntries(editor, part, before?.[part] ?? {});
    const map = editor.pod.metadata?.[part];
    if (map !== undefined && Object.keys(map).length === 0) editor.remove(["metadata", part], "is empty");
  }
}

function restoreEntries(
  editor: PodEditor,
  part: "labels" | "annotations",
  entries: Readonly<Record<string, string | null>>,
): void {
  for (const [key, value] of Object.entries(entries)) {
    if (value !== null) editor.merge(["metadata", part], { [key]: value }, "is as it was");
    else if (Object.hasOwn(editor.pod.metadata?.[part] ?? {}, key))
      editor.remove(["metadata", part, key], why);
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
