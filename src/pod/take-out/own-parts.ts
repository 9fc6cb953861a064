import type { Container, Pod } from "kubernetes-types/core/v1";
import { containersOf } from "../containers.ts";
import { findClients, type PodClient } from "../find-clients.ts";
import { isGuard } from "../guard.ts";
import { isPrefetcherCommand } from "../prefetch-commands.ts";

/** What an earlier call put into a pod. */
export interface OwnParts {
  readonly clients: readonly PodClient[];
  /** Names of the containers: clients, attendants, guard, what prepares for a client, prefetcher. */
  readonly containers: ReadonlySet<string>;
  /** Names of the volumes that nobody else mounts; not those that show a client's mount to the app. */
  readonly volumes: ReadonlySet<string>;
}

/** Finds them by their structure; a prepared container also by its name, for what it runs is the template's own. */
export function findOwnParts(pod: Pod): OwnParts {
  const found = containersOf(pod).map(({ container }) => container);
  const clients = findClients(pod);
  const containers = new Set(clients.flatMap(({ container, keeper }) => [container, keeper]));
  for (const container of found)
    if (isGuard(container) || isPrefetcherCommand(container.command)) containers.add(container.name);
  const ofClients = mountedBy(found.filter(({ name }) => containers.has(name)));
  for (const container of found)
    if (/^sluice-prepare-\d+(-\d+)?$/.test(container.name) && mounts(container, ofClients))
      containers.add(container.name);
  const own = found.filter(({ name }) => containers.has(name));
  const others = mountedBy(found.filter(({ name }) => !containers.has(name)));
  // What shows a mount to other clients only is theirs.
  const shown = new Set(
    clients.flatMap(({ consumers, volumes }) =>
      consumers.length > 0 && consumers.every((name) => containers.has(name)) ? [] : volumes,
    ),
  );
  const statuses = prefetchVolumes(own);
  const volumes = [...mountedBy(own)].filter(
    (name) => statuses.has(name) || !(others.has(name) || shown.has(name)),
  );
  return { clients, containers, volumes: new Set(volumes) };
}

/** The prefetcher's results, which apps may look at. */
function prefetchVolumes(own: readonly Container[]): ReadonlySet<string> {
  const prefetchers = own.filter(({ command }) => isPrefetcherCommand(command));
  const status = prefetchers.map(({ command, volumeMounts }) =>
    volumeMounts?.find((mount) => mount.mountPath === command?.[6]),
  );
  return new Set(status.flatMap((mount) => mount?.name ?? []));
}

function mountedBy(containers: readonly Container[]): ReadonlySet<string> {
  return new Set(containers.flatMap(({ volumeMounts }) => (volumeMounts ?? []).map(({ name }) => name)));
}

function mounts({ volumeMounts }: Container, volumes: ReadonlySet<string>): boolean {
  return volumeMounts?.some(({ name }) => volumes.has(name)) ?? false;
}
