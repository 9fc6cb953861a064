import type {
  Container,
  EnvVar,
  Lifecycle,
  Pod,
  ResourceRequirements,
  SecurityContext,
} from "kubernetes-types/core/v1";
import { type ResourceSizes, smaller } from "./client-resources.ts";
import { containersOf } from "./containers.ts";
import { freeName } from "./names.ts";
import type { PodEditor } from "./pod-editor.ts";
import {
  type PrefetchWork,
  prefetcherCommand,
  prefetchWaitCommand,
  statusPath,
} from "./prefetch-commands.ts";
import { isGuaranteed } from "./quality-of-service.ts";

/** Fluid's names (pkg/webhook/plugins/fileprefetcher). */
export const prefetcherName = "fluid-file-prefetcher";
const statusVolume = "fluid-file-prefetcher-status-vol";

/** What is to be read ahead, and by what. */
export interface Prefetch {
  readonly image: string;
  readonly imagePullPolicy?: string | undefined;
  /** Patterns below `/data/<volume>`. */
  readonly patterns: readonly string[];
  /** The volumes that the patterns lead to. */
  readonly volumes: readonly string[];
  /** Whether the app starts without waiting for it. */
  readonly async: boolean;
  readonly timeoutSeconds: number;
  readonly env: readonly EnvVar[];
  /** For where it runs beside the app. */
  readonly sizes: ResourceSizes;
}

export interface PrefetcherPlace {
  /** Init containers find the datasets mounted, and may be native sidecars. */
  readonly native: boolean;
  /** No client stands in the pod, so that ordinary init containers find the datasets mounted in any case. */
  readonly byDriver: boolean;
  /** Containers start one after the other, so that a prefetcher among them finds the datasets mounted. */
  readonly inOrder: boolean;
  /** Native sidecars that stay in front. */
  readonly meshProxies: readonly string[];
}

/** The path at which the prefetcher mounts a volume of the pod. */
export function prefetchPath(volume: string): string {
  return `/data/${volume}`;
}

/**
 * Puts the prefetcher into the pod, before the clients are: so they are put in front of it, and it is served like any
 * other container. Where the app waits for it, it is an init container that ends; where not, a native sidecar beside the
 * app. Only where there are no native sidecars it is an ordinary container.
 */
export function addPrefetcher(editor: PodEditor, prefetch: Prefetch, place: PrefetcherPlace): void {
  const { pod } = editor;
  const status = freeName(statusVolume, new Set(pod.spec?.volumes?.map(({ name }) => name)));
  const reader = firstReader(pod, prefetch.volumes);
  const ends = (pod.spec?.restartPolicy ?? "Always") !== "Always";
  const why = `reads files of the datasets ahead, ${prefetch.async ? "beside the app" : "before the app starts"}`;
  const isGone = !prefetch.async && (place.native || place.byDriver);
  const resources = isGone && reader !== undefined ? sizesOf(reader) : sizesBeside(pod, prefetch, reader);
  const common = prefetcherContainer(pod, prefetch, status, reader, resources);
  const built = (work: Omit<PrefetchWork, "patterns">, more: Partial<Container> = {}): Container => ({
    ...common,
    command: prefetcherCommand({ ...work, patterns: prefetch.patterns }),
    ...more,
  });
  const atFront = behindProxies(pod, place.meshProxies);
  if (isGone) {
    const container = built({ when: "end", seconds: prefetch.timeoutSeconds });
    editor.insert(["spec", "initContainers"], atFront, container, why);
  } else if (prefetch.async && place.native) {
    const container = built({ when: "stay", seconds: 0 }, { restartPolicy: "Always" });
    editor.insert(["spec", "initContainers"], atFront, container, why);
  } else if (prefetch.async) {
    const container = built({ when: ends ? "end" : "stay", seconds: 0 });
    editor.append(["spec", "containers"], container, why);
  } else {
    const lifecycle: Lifecycle = {
      postStart: { exec: { command: prefetchWaitCommand(prefetch.timeoutSeconds) } },
    };
    const container = built({ when: ends ? "linger" : "stay", seconds: 0 }, { lifecycle });
    editor.insert(["spec", "containers"], 0, container, why);
  }
  editor.append(["spec", "volumes"], { name: status, emptyDir: {} }, "holds what has come of the prefetch");
  if (prefetch.async) showStatus(editor, status);
}

/** The app can look whether the prefetch is done, as with Fluid. */
function showStatus(editor: PodEditor, volume: string): void {
  for (const { container, list, path } of containersOf(editor.pod)) {
    if (list === "initContainers" || container.name === prefetcherName) continue;
    if (container.volumeMounts?.some((mount) => mount.mountPath === statusPath)) continue;
    const why = `container ${container.name} can see whether the prefetch is done`;
    editor.append([...path, "volumeMounts"], { name: volume, mountPath: statusPath }, why);
  }
}

function prefetcherContainer(
  pod: Pod,
  prefetch: Prefetch,
  status: string,
  reader: Container | undefined,
  resources: ResourceRequirements,
): Container {
  const { image, imagePullPolicy, env } = prefetch;
  const securityContext = asReader(pod, reader);
  return {
    name: prefetcherName,
    image,
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    ...(env.length === 0 ? {} : { env: [...env] }),
    ...(Object.keys(resources).length === 0 ? {} : { resources }),
    ...(securityContext === undefined ? {} : { securityContext }),
    volumeMounts: [
      ...prefetch.volumes.map((name) => ({ name, mountPath: prefetchPath(name), readOnly: true })),
      { name: status, mountPath: statusPath },
    ],
  };
}

/** The first of the app's containers that mounts one of the volumes. */
function firstReader(pod: Pod, volumes: readonly string[]): Container | undefined {
  return pod.spec?.containers.find((container) =>
    container.volumeMounts?.some((mount) => volumes.includes(mount.name)),
  );
}

/** It may read what the app may, and needs nothing more. An image of ours need not name a user that is not root. */
function asReader(pod: Pod, reader: Container | undefined): SecurityContext | undefined {
  const { privileged: _, procMount: __, ...context } = reader?.securityContext ?? {};
  const ofPod = pod.spec?.securityContext;
  const user = context.runAsUser ?? ofPod?.runAsUser;
  if ((context.runAsNonRoot ?? ofPod?.runAsNonRoot) === true && user === undefined) context.runAsUser = 65534;
  return Object.keys(context).length === 0 ? undefined : context;
}

/**
 * CPU and memory of the app, and nothing else of it, such as a GPU: what is read is kept in the memory of who reads it.
 * It is gone before the app runs, so that this costs the pod nothing more.
 */
function sizesOf({ resources }: Container): ResourceRequirements {
  const pick = (amounts: Readonly<Record<string, string>> | undefined) =>
    Object.fromEntries(Object.entries(amounts ?? {}).filter(([name]) => name === "cpu" || name === "memory"));
  const requests = pick(resources?.requests);
  const limits = pick(resources?.limits);
  return {
    ...(Object.keys(requests).length === 0 ? {} : { requests }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
}

/** As configured, but for the memory, in which it may keep as much as the app. */
function sizesBeside(pod: Pod, { sizes }: Prefetch, reader: Container | undefined): ResourceRequirements {
  const requests = { ...sizes.requests };
  if (reader === undefined || isGuaranteed(pod)) return { requests, limits: { ...sizes.limits } };
  const { memory: _, ...others } = sizes.limits;
  const memory = reader.resources?.limits?.["memory"];
  const smallest = smaller(requests.memory, memory);
  return {
    requests: { ...requests, ...(smallest === undefined ? {} : { memory: smallest }) },
    limits: { ...others, ...(memory === undefined ? {} : { memory }) },
  };
}

/** The index in the init containers behind the native mesh proxies at their front. */
function behindProxies(pod: Pod, meshProxies: readonly string[]): number {
  const containers = pod.spec?.initContainers ?? [];
  return (
    containers.findLastIndex(
      ({ name, restartPolicy }) => restartPolicy === "Always" && meshProxies.includes(name),
    ) + 1
  );
}
