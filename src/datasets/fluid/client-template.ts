import type { Container, ContainerPort, Volume, VolumeMount } from "kubernetes-types/core/v1";
import type { ClientDaemonSet } from "../../cluster/cluster-view.ts";
import type { ClientTemplate } from "../../types/dataset-volume.ts";
import type { MountAttributes } from "./mount-attributes.ts";
import { fileSystems } from "./mount-types.ts";
import { findSharedMount } from "./shared-mount.ts";

export interface TemplateOptions {
  readonly keepCacheDirectories: boolean;
  readonly scrapesMetrics: boolean;
  readonly writesBack: boolean;
}

/**
 * Names of the node's cache directories as Fluid's charts make them, matched whole: a runtime's own volumes may have
 * names that begin alike.
 */
const cacheDirectory = /^(datavolume-.+|volume-localtime.*|cache-dir(-.+)?|(mem|ssd|hdd)(-\d+)?)$/;

/** Makes a sidecar's template of a client's DaemonSet; undefined when `mount` cannot be found in its `container`. */
export function clientTemplate(
  daemonSet: ClientDaemonSet,
  container: Container,
  mount: MountAttributes,
  options: TemplateOptions,
): ClientTemplate | undefined {
  const { template } = daemonSet;
  const mounts = named(container.volumeMounts);
  const all = new Map(named(template.volumes).map((volume) => [volume.name, volume]));
  const shared = findSharedMount(mounts, all, mount.hostPath);
  if (!shared) return undefined;

  const dropped = [
    ...template.initContainers.map((name) => `init container ${name}`),
    ...template.containers.slice(1).map((other) => `container ${textOf(other?.name)}`),
  ];
  if (template.hostNetwork) dropped.push("the host's network");
  if (container.lifecycle?.postStart) dropped.push("its hook postStart");
  if (container.lifecycle?.preStop && !container.lifecycle.preStop.exec)
    dropped.push("its hook preStop, which is no command");
  const kept = mounts.filter((each) => {
    const drop =
      !options.keepCacheDirectories && each.name !== shared.volumeName && isCache(all.get(each.name));
    if (drop) dropped.push(`cache directory ${textOf(each.mountPath)} (volume ${each.name})`);
    return !drop;
  });
  const ports = portsOf(container, options.scrapesMetrics, dropped);

  return {
    source: { kind: "DaemonSet", namespace: daemonSet.namespace, name: daemonSet.name },
    container: {
      ...container,
      ...(kept.length === mounts.length ? {} : { volumeMounts: kept }),
      ...(ports === undefined ? {} : { ports }),
    },
    volumes: volumesOf(all, kept, container, shared.volumeName),
    imagePullSecrets: listOf(template.imagePullSecrets),
    sharedMount: { volumeName: shared.volumeName, mountPath: shared.mountPath },
    mountPath: shared.clientPath,
    fileSystems: fileSystems(mount.mountType),
    writesBack: options.writesBack,
    dropped,
    scrapesMetrics: options.scrapesMetrics,
  };
}

function isCache(volume: Volume | undefined): boolean {
  if (!volume || !cacheDirectory.test(volume.name)) return false;
  return volume.hostPath !== undefined || volume.emptyDir !== undefined;
}

function volumesOf(
  all: ReadonlyMap<string, Volume>,
  mounts: readonly VolumeMount[],
  container: Container,
  sharedVolume: string,
): Volume[] {
  const used = new Set(mounts.map((mount) => mount.name));
  for (const device of named(container.volumeDevices)) used.add(device.name);
  used.delete(sharedVolume);
  return [...all.values()].filter((volume) => used.has(volume.name));
}

/** The container's ports without host ports, which would keep a second such pod off the node; undefined when as before. */
function portsOf(
  container: Container,
  scrapesMetrics: boolean,
  dropped: string[],
): ContainerPort[] | undefined {
  const before = listOf(container.ports);
  const ports: ContainerPort[] = [];
  let changed = false;
  for (const port of before) {
    if (!scrapesMetrics && typeof port.name === "string" && port.name.endsWith("-metrics")) {
      dropped.push(`port ${port.name}`);
      changed = true;
    } else if (port.hostPort === undefined) {
      ports.push(port);
    } else {
      const { hostPort, ...rest } = port;
      ports.push(rest);
      dropped.push(`host port ${textOf(hostPort)}`);
      changed = true;
    }
  }
  return changed ? ports : undefined;
}

function named<T extends { readonly name: string }>(list: readonly T[] | undefined): readonly T[] {
  return listOf(list).filter((entry) => typeof entry.name === "string");
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "without name";
}

/** The objects of a list in a manifest, which may be anything where nobody has checked it. */
function listOf<T extends object>(list: readonly T[] | undefined): readonly T[] {
  return Array.isArray(list) ? list.filter((entry) => typeof entry === "object" && entry !== null) : [];
}
