import type { Pod } from "kubernetes-types/core/v1";
import type { Config } from "../config.ts";
import type { Platform } from "../platforms/platform.ts";
import { addClients } from "../pod/add-clients.ts";
import { addDirectClients } from "../pod/add-direct-clients.ts";
import type { ClientPlan } from "../pod/client-plan.ts";
import { containersOf } from "../pod/containers.ts";
import type { PodEditor } from "../pod/pod-editor.ts";
import { sizesWithin } from "../pod/quality-of-service.ts";
import type { Finding } from "../types/reason.ts";
import { directLayout, endEnvironment } from "./platform-layout.ts";

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
  const before = editor.pod;
  const added = addClients(editor, sized, {
    native,
    guardResources: sizesWithin(before, config.guardResources),
    meshProxies: config.meshProxies,
    directSubPathExpr: config.subPathExpr === "direct",
  });
  if (platform.end.by === "environment" && !native) markSidecars(editor, before, platform);
  return added;
}

/** Where views were found to work on a platform that knows sidecars by their variables. */
function markSidecars(editor: PodEditor, before: Pod, platform: Platform): void {
  const own = new Set(containersOf(before).map(({ container }) => container.name));
  const { priority } = platform.start;
  const env = { ...platform.client.env, ...endEnvironment(platform) };
  if (priority !== undefined) env[priority.env] = String(priority.first);
  for (const { container, path } of containersOf(editor.pod))
    if (!own.has(container.name))
      for (const [name, value] of Object.entries(env))
        editor.append(
          [...path, "env"],
          { name, value },
          `tells platform ${platform.name} that it is a sidecar`,
        );
}

function withSizesOf(plans: readonly ClientPlan[], { client }: Platform): readonly ClientPlan[] {
  const fallback = client.resources;
  return fallback === undefined ? plans : plans.map((plan) => ({ ...plan, fallback }));
}
