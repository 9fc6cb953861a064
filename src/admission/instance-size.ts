import type { Container, Pod } from "kubernetes-types/core/v1";
import type { PodOrigins } from "../platforms/check-pod.ts";
import type { Platform } from "../platforms/platform.ts";
import { lastingContainers } from "../types/pod-containers.ts";
import { parseQuantity } from "../types/quantity.ts";
import type { Finding } from "../types/reason.ts";

interface Size {
  readonly cpu: number;
  /** In GiB. */
  readonly memory: number;
}

/**
 * Where a platform sells a whole instance for a pod: what its containers add up to, and what that buys. Of requests
 * and limits the larger counts, for what the platform sums up is not known everywhere.
 */
export function sizeOfInstance(pod: Pod, { sizing }: Platform, origins: PodOrigins): Finding[] {
  if (sizing === undefined) return [];
  const running = lastingContainers(pod);
  const isClient = ({ name }: Container) => origins.containers.has(name);
  const counted = sizing.ignoreClients ? running.filter((container) => !isClient(container)) : running;
  const total = add(counted);
  const clients = add(running.filter(isClient));
  const instance = smallest(sizing.instances, total);
  const buys =
    instance === undefined
      ? "more than the largest size that is listed"
      : `at least ${describe(instance)}, before regional sizes`;
  const own = sizing.ignoreClients
    ? `without the clients' ${describe(clients)}`
    : `the clients' ${describe(clients)} among it`;
  const ignore =
    sizing.ignore === undefined || sizing.ignoreClients
      ? ""
      : `; sizing.ignoreClients keeps clients out of the sum (${sizing.ignore.env})`;
  const message = `the containers add up to ${describe(total)}, ${own}; ${sizing.rounding}: ${buys}${ignore}`;
  return [{ code: "instance-size", message }];
}

function add(containers: readonly Container[]): Size {
  const sum = (name: "cpu" | "memory") =>
    containers.reduce((total, { resources }) => {
      const request = parseQuantity(resources?.requests?.[name]) ?? 0;
      return total + Math.max(request, parseQuantity(resources?.limits?.[name]) ?? 0);
    }, 0);
  return { cpu: round(sum("cpu")), memory: round(sum("memory") / 2 ** 30) };
}

function smallest(
  instances: NonNullable<Platform["sizing"]>["instances"],
  { cpu, memory }: Size,
): Size | undefined {
  for (const instance of instances) {
    if (instance.cpu < cpu) continue;
    const enough = instance.memory.find((size) => size >= memory);
    if (enough !== undefined) return { cpu: instance.cpu, memory: enough };
  }
  return undefined;
}

function describe({ cpu, memory }: Size): string {
  return `${cpu} vCPU and ${memory} GiB`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
