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
  isNative: boolean,
): Finding[] {
  const policy = pod.spec?.restartPolicy ?? "Always";
  if (isNative || platform.end.by !== "nothing" || policy === "Always") return [];
  const native = "native sidecars (since Kubernetes 1.29; sluice.io/sidecar: native)";
  if (!config.controllers.enabled) {
    const message = `restartPolicy is ${policy}, and nothing ends classic clients after the app: use ${native}, or Sluice's controllers (controllers.enabled)`;
    return [{ code: "never-ends", message }];
  }
  const why = "Sluice's controllers end its classic clients when the app has ended";
  addEndSign(editor);
  editor.merge(["metadata", "labels"], { [controllersLabel]: "true" }, why);
  const bare = plans.filter(isBare).map((plan) => plan.name);
  if (bare.length === 0) return [{ code: "ended-by-controller", message: why }];
  const message = `restartPolicy is ${policy}, yet nothing ends ${bare.join(", ")}, which runs by its image's entrypoint: use ${native}, or state a command in the client's template`;
  return [{ code: "never-ends", message }];
}
