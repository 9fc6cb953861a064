import type { Container, Pod, Volume, VolumeMount } from "kubernetes-types/core/v1";
import type { Client } from "./clients.ts";

/** A place inside a client's file system. */
export interface Place {
  readonly dataset: string;
  /** Path inside the client's container. */
  readonly at: string;
  readonly readOnly: boolean;
}

/** The place in a dataset that a mount of `volume` with `subPath` shows; undefined when it shows none. */
export function placeShown(
  pod: Pod,
  clients: readonly Client[],
  volume: Volume,
  subPath: string,
): Place | undefined {
  for (const client of clients) {
    const place = viewShown(client, volume, subPath) ?? hostPathShown(pod, client, volume, subPath);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** Sluice: the volume is shared with the client's supervisor, the sub path names one of its views. */
function viewShown(client: Client, volume: Volume, subPath: string): Place | undefined {
  if (client.views === undefined) return undefined;
  const { container, supervised } = client.views;
  for (const mount of container.volumeMounts ?? []) {
    if (mount.name !== volume.name || mount.mountPropagation !== "Bidirectional") continue;
    const view = supervised.views.find((v) => v.path === joined(mount.mountPath, subPath));
    if (view === undefined) continue;
    const mountPath = translated(supervised.mountPath, container, client.container);
    return { dataset: client.dataset, at: joined(mountPath, view.source), readOnly: view.readOnly };
  }
  return undefined;
}

/** Fluid: the volume is a path on the node at or below the one that the client shares its mount by. */
function hostPathShown(pod: Pod, client: Client, volume: Volume, subPath: string): Place | undefined {
  const path = volume.hostPath?.path;
  if (path === undefined) return undefined;
  for (const mount of client.container.volumeMounts ?? []) {
    if (mount.mountPropagation !== "Bidirectional") continue;
    const shared = volumeNamed(pod, mount.name)?.hostPath?.path;
    if (shared === undefined || !(path === shared || path.startsWith(`${shared}/`))) continue;
    const at = joined(mount.mountPath, path.slice(shared.length), subPath);
    return { dataset: client.dataset, at, readOnly: false };
  }
  return undefined;
}

/** `path` in one container as another one sees it that shares the volume. */
function translated(path: string, from: Container, to: Container): string {
  if (from === to) return path;
  for (const here of from.volumeMounts ?? []) {
    const there = (to.volumeMounts ?? []).find((mount) => mount.name === here.name && !mount.subPath);
    if (there !== undefined && (path === here.mountPath || path.startsWith(`${here.mountPath}/`)))
      return joined(there.mountPath, path.slice(here.mountPath.length));
  }
  return `${path} of ${from.name}`;
}

/** What a container finds at one of its mount paths; a volume's name does not matter. */
export function foundAt(pod: Pod, clients: readonly Client[], mount: VolumeMount): Record<string, unknown> {
  const { name, mountPath: _, subPath = "", readOnly = false, mountPropagation = "None", ...more } = mount;
  const rest = mountPropagation === "None" ? more : { ...more, mountPropagation };
  const volume = volumeNamed(pod, name);
  if (volume === undefined) return { missing: name };
  // Whoever mounts Bidirectional shows something there, and does not look.
  const place = mountPropagation === "Bidirectional" ? undefined : placeShown(pod, clients, volume, subPath);
  if (place !== undefined) return { ...place, readOnly: readOnly || place.readOnly, ...rest };
  return { source: sourceOf(volume), ...(subPath === "" ? {} : { subPath }), readOnly, ...rest };
}

export function sourceOf(volume: Volume): Record<string, unknown> {
  const { name: _, ...source } = volume;
  return source;
}

function volumeNamed(pod: Pod, name: string): Volume | undefined {
  return pod.spec?.volumes?.find((volume) => volume.name === name);
}

function joined(...parts: readonly string[]): string {
  const segments = parts
    .flatMap((part) => part.split("/"))
    .filter((segment) => segment !== "" && segment !== ".");
  return `/${segments.join("/")}`;
}
