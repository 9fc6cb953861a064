import type { Container, Pod } from "kubernetes-types/core/v1";
import { containersOf } from "../containers.ts";
import { findClients, type PodClient } from "../find-clients.ts";
import { isGuard } from "../guard.ts";
import { isPrefetcherCommand } from "../prefetch-commands.ts";
import { sharedPath } from "../shared-volume.ts";

/** What an earlier call put into a pod. */
export interface OwnParts {
  readonly clients: readonly PodClient[];
  /** Names of the containers: clients, attendants, guard, what prepares for a client, prefetcher. */
  readonly containers: ReadonlySet<string>;
  /** Names of the volumes that nobody else mounts; not those that show a client's mount to the app. */
  readonly volumes: ReadonlySet<string>;
}

/**
 * Finds them by their structure; a prepared container also by its name, for what it runs is the template's own.
 * `usersOwn`: whether a volume is known to have been in the pod before, though nothing but clients uses it.
 */
export function findOwnParts(pod: Pod, usersOwn: (volume: string) => boolean): OwnParts {
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
  const shown = new Set(
    clients.flatMap((client) =>
      client.volumes.filter((volume) => !isForClients(volume, client, found, containers)),
    ),
  );
  const statuses = prefetchVolumes(own);
  const volumes = [...mountedBy(own)].filter(
    (name) => statuses.has(name) || !(others.has(name) || shown.has(name) || usersOwn(name)),
  );
  return { clients, containers, volumes: new Set(volumes) };
}

/** What shows a client's mount to other clients only is theirs. */
function isForClients(
  volume: string,
  { container: client, keeper }: PodClient,
  found: readonly Container[],
  containers: ReadonlySet<string>,
): boolean {
  const consumers = found.filter(
    (container) =>
      container.name !== client &&
      container.name !== keeper &&
      !isGuard(container) &&
      container.volumeMounts?.some(
        ({ name, mountPath }) => name === volume && mountPath !== sharedPath(volume),
      ),
  );
  return consumers.length > 0 && consumers.every(({ name }) => containers.has(name));
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
  const used = containers.flatMap(({ volumeMounts, volumeDevices }) => [
    ...(volumeMounts ?? []),
    ...(volumeDevices ?? []),
  ]);
  return new Set(used.map(({ name }) => name));
}

function mounts({ volumeMounts }: Container, volumes: ReadonlySet<string>): boolean {
  return volumeMounts?.some(({ name }) => volumes.has(name)) ?? false;
}
