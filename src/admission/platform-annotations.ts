import type { Platform } from "../platforms/platform.ts";
import type { ClientPlan } from "../pod/client-plan.ts";
import type { PodEditor } from "../pod/pod-editor.ts";

/** Writes the annotations by which a platform lets mounts through or ends sidecars, beside what the user wrote there. */
export function annotateForPlatform(
  editor: PodEditor,
  { name, mount, end }: Platform,
  plans: readonly ClientPlan[],
  native: boolean,
): void {
  const before = editor.pod.metadata?.annotations ?? {};
  const annotations: Record<string, string> = {};
  if (mount.by === "annotation" && mount.annotation !== undefined) {
    const { switch: enable, list } = mount.annotation;
    if (before[enable] === undefined) annotations[enable] = enable;
    const ours = plans.map((plan) => ({ container: plan.name, mountPath: plan.template.mountPath }));
    annotations[list] = JSON.stringify([...ours, ...listed(before[list])]);
  }
  if (!native && end.by === "annotation" && end.annotation !== undefined) {
    const names = (before[end.annotation] ?? "").split(",").map((part) => part.trim());
    const all = new Set([...names, ...plans.map((plan) => plan.name)]);
    annotations[end.annotation] = [...all].filter(Boolean).join(",");
  }
  editor.merge(["metadata", "annotations"], annotations, `lets platform ${name} serve the clients`);
}

/** What the user lists; what is no list is replaced, for the platform could not read it either. */
function listed(text: string | undefined): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
