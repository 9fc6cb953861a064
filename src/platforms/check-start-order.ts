import type { Container, Pod } from "kubernetes-types/core/v1";
import type { Finding } from "../types/reason.ts";
import type { Platform } from "./platform.ts";

/**
 * Where a variable orders the containers' start, one that mounts what a client shares must not start with the client
 * or before it. `clients`: names of the clients' containers.
 */
export function checkStartOrder(pod: Pod, platform: Platform, clients: ReadonlySet<string>): Finding[] {
  const { priority } = platform.start;
  if (priority === undefined || clients.size === 0) return [];
  const containers = pod.spec?.containers ?? [];
  const shared = new Map<string, number>();
  for (const container of containers.filter(({ name }) => clients.has(name)))
    for (const { name, mountPropagation } of container.volumeMounts ?? [])
      if (mountPropagation === "Bidirectional") shared.set(name, priorityOf(container, priority.env) ?? 0);
  return containers.flatMap((container): Finding[] => {
    const own = priorityOf(container, priority.env) ?? 0;
    const late = container.volumeMounts?.find((mount) => {
      const client = mount.mountPropagation === "Bidirectional" ? undefined : shared.get(mount.name);
      return client !== undefined && own >= client;
    });
    if (late === undefined) return [];
    const message = `container ${container.name} sets ${priority.env}=${own} and mounts volume ${late.name}, whose client starts at ${shared.get(late.name)}: give it a smaller value, or it starts before its data`;
    return [{ code: "start-order", message, volume: late.name }];
  });
}

/** Of several variables of one name the last counts; one that refers to others is not known here. */
function priorityOf({ env }: Container, name: string): number | undefined {
  const value = env?.findLast((variable) => variable.name === name)?.value;
  return value !== undefined && /^-?\d{1,9}$/.test(value) ? Number(value) : undefined;
}
