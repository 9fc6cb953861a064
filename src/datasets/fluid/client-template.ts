import { posix } from "node:path";
import type { Container, ContainerPort, Volume } from "kubernetes-types/core/v1";
import type { ClientDaemonSet, ClientPodTemplate } from "../../cluster/cluster-view.ts";
import type { ClientTemplate } from "../../types/dataset-volume.ts";
import { below, cleanAbsolutePath } from "../paths.ts";
import { isCacheDirectory } from "./cache-directories.ts";
import { listOf, named, textOf } from "./manifest-lists.ts";
import type { MountAttributes } from "./mount-attributes.ts";
import { fileSystems } from "./mount-types.ts";
import { preparingContainers } from "./preparing-containers.ts";
import type { RuntimeType } from "./runtimes.ts";
import { findSharedMount, type SharedMount } from "./shared-mount.ts";

export interface TemplateOptions {
  readonly keepCacheDirectories: boolean;
  readonly scrapesMetrics: boolean;
  readonly writesBack: boolean;
  readonly type: RuntimeType;
  /** Names of the volumes that the runtime's user added. */
  readonly ownVolumes: readonly string[];
  readonly hasTieredStore: boolean;
}

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
  const found = findSharedMount(mounts, all, mount.hostPath);
  if (!found) return undefined;
  const { type } = options;
  const shared = type.mountsAtRoot ? oneLevelUp(found) : found;

  const dropped: string[] = [];
  const caches = cacheVolumes(all, shared.volumeName, options);
  const preparing = preparingContainers(
    template.initContainers,
    mounts.map(({ name }) => name),
    () => [...all.values()].filter(({ name }) => name !== shared.volumeName && !caches.has(name)),
    dropped,
  );
  dropped.push(...withoutPlace(template, container));
  const kept = mounts.filter(({ name }) => !caches.has(name));
  for (const { name, mountPath } of mounts)
    if (caches.has(name)) dropped.push(`cache directory ${textOf(mountPath)} (volume ${name})`);
  const ports = portsOf(container, options.scrapesMetrics, dropped);
  const volumes = volumesOf(all, [...preparing, { ...container, volumeMounts: kept }], shared.volumeName);

  return {
    source: { kind: "DaemonSet", namespace: daemonSet.namespace, name: daemonSet.name },
    container: {
      ...container,
      ...(kept.length === mounts.length ? {} : { volumeMounts: kept }),
      ...(ports === undefined ? {} : { ports }),
    },
    ...(preparing.length === 0 ? {} : { initContainers: preparing }),
    volumes,
    imagePullSecrets: listOf(template.imagePullSecrets),
    ...dnsOf(template),
    sharedMount: { volumeName: shared.volumeName, mountPath: shared.mountPath },
    ...(type.isDirectory ? directoryOf(shared) : { mountPath: shared.clientPath }),
    fileSystems: type.isDirectory ? ["tmpfs"] : fileSystems(mount.mountType),
    writesBack: options.writesBack,
    dropped,
    scrapesMetrics: options.scrapesMetrics,
    ...nodeService(volumes, type),
  };
}

function cacheVolumes(
  all: ReadonlyMap<string, Volume>,
  sharedVolume: string,
  options: TemplateOptions,
): ReadonlySet<string> {
  const caches = new Set<string>();
  if (options.keepCacheDirectories) return caches;
  for (const [name, volume] of all)
    if (name !== sharedVolume && isCacheDirectory(volume, options)) caches.add(name);
  return caches;
}

/** What of the template has no place in another pod, or none beside a supervisor. */
function withoutPlace(template: ClientPodTemplate, { lifecycle }: Container): string[] {
  return [
    ...template.containers.slice(1).map((other) => `container ${textOf(other?.name)}`),
    ...(template.hostNetwork ? ["the host's network"] : []),
    ...(lifecycle?.postStart ? ["its hook postStart"] : []),
    ...(lifecycle?.preStop && !lifecycle.preStop.exec ? ["its hook preStop, which is no command"] : []),
  ];
}

/** A client could not start again on its own dead mount if that were the root of the volume that it shares. */
function oneLevelUp(shared: SharedMount): SharedMount {
  return { ...shared, mountPath: posix.dirname(shared.clientPath) };
}

function directoryOf({
  mountPath,
  clientPath,
}: SharedMount): Pick<ClientTemplate, "mountPath" | "directory"> {
  const clean = cleanAbsolutePath(mountPath) ?? mountPath;
  return { mountPath: clean, directory: below(clean, clientPath) ?? "" };
}

function volumesOf(
  all: ReadonlyMap<string, Volume>,
  containers: readonly Container[],
  sharedVolume: string,
): Volume[] {
  const used = new Set<string>();
  for (const { volumeMounts, volumeDevices } of containers)
    for (const use of [...named(volumeMounts), ...named<{ name: string }>(volumeDevices)]) used.add(use.name);
  used.delete(sharedVolume);
  return [...all.values()].filter((volume) => used.has(volume.name));
}

function nodeService(
  volumes: readonly Volume[],
  { nodeService: service }: RuntimeType,
): Pick<ClientTemplate, "nodeService"> {
  if (service === undefined || !volumes.some((volume) => volume.hostPath?.path === service.directory))
    return {};
  return { nodeService: service };
}

/** Fluid's charts make client pods of the host's network resolve names of Services, too. */
function dnsOf({ dnsPolicy, dnsConfig }: ClientDaemonSet["template"]): Pick<ClientTemplate, "dns"> {
  const clusterNames = dnsPolicy?.startsWith("ClusterFirst") === true;
  if (!clusterNames && dnsConfig === undefined) return {};
  return {
    dns: { clusterNames, nameservers: dnsConfig?.nameservers ?? [], searches: dnsConfig?.searches ?? [] },
  };
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
