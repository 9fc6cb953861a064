import type { Container, Pod } from "kubernetes-types/core/v1";
import type { Finding } from "../types/reason.ts";
import type { Platform } from "./platform.ts";

/** A volume that shows a client's mount, and the client's container. */
export interface ShownVolume {
  readonly volume: string;
  readonly client: string;
}

/**
 * Where a variable orders the containers' start, one that mounts what a client shares must not start with the client
 * or before it. `shown`: the volumes that show clients' mounts, in whatever way the platform shares them.
 */
export function checkStartOrder(pod: Pod, platform: Platform, shown: readonly ShownVolume[]): Finding[] {
  const { priority } = platform.start;
  if (priority === undefined || shown.length === 0) return [];
  const containers = pod.spec?.containers ?? [];
  const clients = new Map<string, { readonly name: string; readonly start: number }>();
  for (const { volume, client } of shown) {
    // One among the init containers has started before all of these.
    const container = containers.find(({ name }) => name === client);
    if (container !== undefined)
      clients.set(volume, { name: client, start: priorityOf(container, priority.env) ?? 0 });
  }
  return containers.flatMap((container): Finding[] => {
    const own = priorityOf(container, priority.env) ?? 0;
    for (const { name: volume, mountPropagation } of container.volumeMounts ?? []) {
      const client = clients.get(volume);
      // Who shows a mount itself, and the guard of such, see it by Bidirectional propagation.
      if (client === undefined || client.name === container.name || mountPropagation === "Bidirectional")
        continue;
      if (own < client.start) continue;
      const message = `container ${container.name} sets ${priority.env}=${own} and mounts volume ${volume}, whose client starts at ${client.start}: give it a smaller value, or it starts before its data`;
      return [{ code: "start-order", message, volume }];
    }
    return [];
  });
}

/** Of several variables of one name the last counts; one that refers to others is not known here. */
function priorityOf({ env }: Container, name: string): number | undefined {
  const value = env?.findLast((variable) => variable.name === name)?.value;
  return value !== undefined && /^-?\d{1,9}$/.test(value) ? Number(value) : undefined;
}
