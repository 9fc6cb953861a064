import type { Container, Pod } from "kubernetes-types/core/v1";
import { parseSupervisorCommand } from "./client-commands.ts";
import { type ContainerList, containersOf } from "./containers.ts";
import { isGuard } from "./guard.ts";
import { servedVolumes } from "./serve-late-containers.ts";
import { directlyServed } from "./serve-late-direct.ts";
import { sharedPath } from "./shared-volume.ts";
import { statusAnnotation } from "./status-annotation.ts";

/** A client that stands in a pod. */
export interface PodClient {
  /** Name of the client's container. */
  readonly container: string;
  readonly list: ContainerList;
  /** Name of the container whose supervisor shows its mount: itself, or its attendant. */
  readonly keeper: string;
  /** The claims that it serves, as the pod's status annotation names them. */
  readonly claims: readonly string[];
  /** The pod's volumes that show its mount. */
  readonly volumes: readonly string[];
  /** `views` come back when the client does; what is mounted `straight` into the app's volume does not. */
  readonly layout: "views" | "straight";
  /** Names of the containers that see its mount, other clients among them. */
  readonly consumers: readonly string[];
}

/**
 * The clients in a pod, in the order in which they start. They are known by their structure, never by a mark: a pod that
 * carries the annotation and no client has none.
 */
export function findClients(pod: Pod): PodClient[] {
  const found = containersOf(pod);
  const claims = claimsByContainer(pod);
  const keepers = new Map<string, { layout: PodClient["layout"]; volumes: string[] }>();
  const add = (keeper: string, volume: string, layout: PodClient["layout"]): void => {
    const known = keepers.get(keeper) ?? { layout, volumes: [] };
    known.volumes.push(volume);
    keepers.set(keeper, known);
  };
  for (const { volume, client } of servedVolumes(pod, false)) add(client, volume, "views");
  for (const { volume, client } of directlyServed(pod)) add(client, volume, "straight");
  return found.flatMap(({ container, list }): PodClient[] => {
    const shown = keepers.get(container.name);
    if (shown === undefined) return [];
    const { layout, volumes } = shown;
    const own = clientOf(container, found, list);
    return [
      {
        ...own,
        keeper: container.name,
        claims: claims.get(own.container) ?? [],
        volumes,
        layout,
        consumers: found
          .filter(({ container: other }) => other.name !== container.name && other.name !== own.container)
          .filter(({ container: other }) => !isGuard(other) && sees(other, volumes))
          .map(({ container: other }) => other.name),
      },
    ];
  });
}

/** The client that a keeper attends, where it runs by its image's entrypoint: both mount in one volume. */
function clientOf(
  keeper: Container,
  found: readonly { readonly container: Container; readonly list: ContainerList }[],
  list: ContainerList,
): Pick<PodClient, "container" | "list"> {
  const parsed = parseSupervisorCommand(keeper.command);
  if (parsed === undefined || parsed.client.length > 0) return { container: keeper.name, list };
  const source = keeper.volumeMounts?.find(
    (mount) => mount.mountPropagation === "Bidirectional" && mount.mountPath !== sharedPath(mount.name),
  );
  const client = found.find(
    ({ container }) =>
      container.name !== keeper.name &&
      !isGuard(container) &&
      container.volumeMounts?.some(
        (mount) => mount.name === source?.name && mount.mountPropagation === "Bidirectional",
      ),
  );
  return client === undefined
    ? { container: keeper.name, list }
    : { container: client.container.name, list: client.list };
}

function sees({ volumeMounts }: Container, volumes: readonly string[]): boolean {
  return (
    volumeMounts?.some(
      (mount) => volumes.includes(mount.name) && mount.mountPath !== sharedPath(mount.name),
    ) ?? false
  );
}

/** No client of ours serves more; whoever makes a pod could write thousands, which lists would carry along. */
const mostClaims = 100;

function claimsByContainer(pod: Pod): ReadonlyMap<string, string[]> {
  const claims = new Map<string, string[]>();
  for (const [claim, container] of Object.entries(statedClients(pod))) {
    if (typeof container !== "string") continue;
    const known = claims.get(container);
    if (known === undefined) claims.set(container, [claim]);
    else if (known.length < mostClaims) known.push(claim);
  }
  return claims;
}

function statedClients(pod: Pod): Readonly<Record<string, unknown>> {
  try {
    const status: unknown = JSON.parse(pod.metadata?.annotations?.[statusAnnotation] ?? "{}");
    const clients = typeof status === "object" && status !== null && "clients" in status && status.clients;
    return typeof clients === "object" && clients !== null ? { ...clients } : {};
  } catch {
    return {};
  }
}
