import type { Platform } from "../platforms/platform.ts";
import { type ClientPlan, isBare } from "../pod/client-plan.ts";
import { addEndSign, controllersLabel } from "../pod/end-sign.ts";
import type { PodEditor } from "../pod/pod-editor.ts";
import type { Finding } from "../types/reason.ts";
import type { Question } from "./question.ts";

/**
 * A native sidecar ends with the app, and some platforms end a classic one; any other goes on, and the pod with it,
 * unless a controller can end it. Returns what is to be said.
 */
export function endWithApp(
  editor: PodEditor,
  { pod, config }: Question,
  platform: Platform,
  plans: readonly ClientPlan[],
  native: boolean,
): Finding[] {
  const policy = pod.spec?.restartPolicy ?? "Always";
  if (native || platform.end.by !== "nothing" || policy === "Always") return [];
  const endless = `the pod's restartPolicy is ${policy}, yet nothing ends`;
  const instead = "use native sidecars (Kubernetes 1.29 or newer, sluice.io/sidecar: native)";
  if (!config.controllers.enabled) {
    const message = `${endless} a classic client when the app has ended, so the pod goes on: ${instead}, or install Sluice's controllers (controllers.enabled)`;
    return [{ code: "never-ends", message }];
  }
  const why = "Sluice's controllers end its classic clients when the app has ended";
  addEndSign(editor);
  editor.merge(["metadata", "labels"], { [controllersLabel]: "true" }, why);
  const bare = plans.filter(isBare).map((plan) => plan.name);
  if (bare.length === 0) return [{ code: "ended-by-controller", message: why }];
  const message = `${endless} ${bare.join(", ")}, which runs by its image's entrypoint, so the pod goes on: ${instead}, or state a command in the client's template`;
  return [{ code: "never-ends", message }];
}
