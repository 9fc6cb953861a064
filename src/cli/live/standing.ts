import type { Pod } from "kubernetes-types/core/v1";
import { sluice } from "../../admission/labels.ts";
import { findClients } from "../../pod/find-clients.ts";
import { allContainers } from "../../types/pod-containers.ts";

/** What was decided about a pod when it was created, as it shows that itself. */
export interface Standing {
  /** `sluice`: clients of ours stand in it; `others`: another webhook's do; undefined: none does. */
  readonly injectedBy?: "sluice" | "others";
  /** Of sluice.io/status; absent where the pod does not say. */
  readonly version?: string;
  readonly mode?: string;
  readonly platform?: string;
  readonly sidecar?: string;
  /** The annotation is there and no client is: the pod is a copy, or something took them out. */
  readonly copied?: true;
}

// Fluid's and the JuiceFS CSI driver's own webhooks name their containers so.
const ofOthers = /^(fluid-fuse-\d+|jfs-mount.*)$/;

/** Reads what stands in a pod, and what its status annotation says of it. */
export function readStanding(pod: Pod): Standing {
  const stated = readStatus(pod);
  if (findClients(pod).length > 0) return { injectedBy: "sluice", ...stated };
  const names = allContainers(pod).map(({ name }) => name);
  if (names.some((name) => ofOthers.test(name))) return { injectedBy: "others" };
  return Object.keys(stated).length > 0 ? { ...stated, copied: true } : {};
}

function readStatus(pod: Pod): Pick<Standing, "version" | "mode" | "platform" | "sidecar"> {
  try {
    const status: unknown = JSON.parse(pod.metadata?.annotations?.[sluice.status] ?? "{}");
    if (typeof status !== "object" || status === null) return {};
    const keys = ["version", "mode", "platform", "sidecar"];
    const entries = Object.entries(status).filter(
      ([key, value]) => keys.includes(key) && typeof value === "string",
    );
    return Object.fromEntries(entries);
  } catch {
    return {};
  }
}
