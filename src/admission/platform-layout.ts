import type { Config } from "../config.ts";
import type { Platform } from "../platforms/platform.ts";
import type { ClientPrivilege, CsiSharing, DirectLayout, EmptyDirSharing } from "../pod/direct-layout.ts";

/** How clients are put into a pod for a platform that shows no views; `undefined` where it does. */
export function directLayout(
  platform: Platform,
  native: boolean,
  config: Pick<Config, "meshProxies">,
): DirectLayout | undefined {
  const sharing = sharingOf(platform);
  if (sharing === undefined) return undefined;
  const { client, start, end, mount } = platform;
  return {
    platform: platform.name,
    native,
    sharing,
    subPaths: mount.subPaths,
    privilege: privilegeOf(platform),
    devices: client.devices,
    env: { ...client.env, ...(native ? {} : endEnvironment(platform)) },
    ...(native || start.priority === undefined ? {} : { startPriority: start.priority }),
    endsLast: !native && end.priority !== undefined,
    meshProxies: config.meshProxies,
  };
}

/** Variables by which a container of ours is known as a sidecar that ends last, and is kept out of the bill. */
export function endEnvironment({ end, sizing }: Platform): Record<string, string> {
  const env: Record<string, string> = { ...end.env };
  if (end.priority !== undefined) env[end.priority.env] = String(end.priority.last);
  if (sizing?.ignore !== undefined && sizing.ignoreClients) env[sizing.ignore.env] = sizing.ignore.value;
  return env;
}

function sharingOf({ mount, client }: Platform): EmptyDirSharing | CsiSharing | undefined {
  if (mount.by === "inline-csi" && mount.csi !== undefined) return { kind: "inline-csi", ...mount.csi };
  if (mount.by === "annotation") return { kind: "empty-dir", bidirectional: false };
  if (mount.by === "empty-dir")
    return { kind: "empty-dir", bidirectional: client.privilege === "privileged" };
  return undefined;
}

function privilegeOf({ client }: Platform): ClientPrivilege {
  if (client.privilege === "privileged") return { kind: "privileged" };
  if (client.privilege === "capabilities") return { kind: "capabilities", capabilities: client.capabilities };
  return { kind: "root" };
}
