import type { Config } from "../config.ts";
import type { Platform } from "../platforms/platform.ts";
import { addClients } from "../pod/add-clients.ts";
import { addDirectClients } from "../pod/add-direct-clients.ts";
import type { ClientPlan } from "../pod/client-plan.ts";
import type { PodEditor } from "../pod/pod-editor.ts";
import { sizesWithin } from "../pod/quality-of-service.ts";
import type { Finding } from "../types/reason.ts";
import { directLayout } from "./platform-layout.ts";

/**
 * Puts the clients into the pod in the way that its platform shares mounts. Returns what is to be said, and the claims
 * that no container mounts.
 */
export function placeClients(
  editor: PodEditor,
  plans: readonly ClientPlan[],
  platform: Platform,
  native: boolean,
  config: Config,
): { findings: Finding[]; unmounted: ReadonlySet<string> } {
  const layout = directLayout(platform, native, config);
  const sized = withSizesOf(plans, platform);
  if (layout !== undefined) return addDirectClients(editor, sized, layout);
  return addClients(editor, sized, {
    native,
    guardResources: sizesWithin(editor.pod, config.guardResources),
    meshProxies: config.meshProxies,
    directSubPathExpr: config.subPathExpr === "direct",
  });
}

function withSizesOf(plans: readonly ClientPlan[], { client }: Platform): readonly ClientPlan[] {
  const fallback = client.resources;
  return fallback === undefined ? plans : plans.map((plan) => ({ ...plan, fallback }));
}
