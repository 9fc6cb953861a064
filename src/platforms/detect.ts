import type { Pod } from "kubernetes-types/core/v1";
import type { Finding } from "../types/reason.ts";
import { findPlatform, listPlatformNames, platforms } from "./catalog.ts";
import type { Platform, PlatformMark } from "./platform.ts";

export interface PlatformQuestion {
  readonly pod: Pod;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly namespaceAnnotations: Readonly<Record<string, string>>;
  /** Whether a client runs in the pod, for which Fluid's marks may ask to have no privilege. */
  readonly clients: boolean;
  /** Value of the pod's annotation sluice.io/platform. */
  readonly asked?: string | undefined;
  /** Name of the platform where nothing says otherwise (config key `platform`). */
  readonly fallback: string;
}

export type DetectedPlatform =
  | { readonly platform: Platform; readonly why: string }
  | { readonly problem: Finding };

interface Marked {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const fluidPlatformKey = "serverless.fluid.io/platform";
const fluidUnprivilegedKey = "unprivileged.sidecar.fluid.io/inject";
const fluidServerlessKeys = ["serverless.fluid.io/inject", "fuse.sidecar.fluid.io/inject"];

/**
 * Finds out on which kind of node a pod will run: what the pod asks for, then Fluid's ways of asking, then the marks
 * that send a pod somewhere, on the pod and then on its namespace, then hints, then the configured platform.
 *
 * A toleration for virtual nodes names no platform, and a nodeSelector only that it is one: several vendors use the same.
 * (Fluid: pkg/utils/annotations.go GetServerlessPlatform, whose platforms are `default` and `unprivileged`.)
 */
export function detectPlatform(question: PlatformQuestion): DetectedPlatform {
  const pod = {
    labels: question.pod.metadata?.labels ?? {},
    annotations: question.pod.metadata?.annotations ?? {},
  };
  const namespace = { labels: question.namespaceLabels, annotations: question.namespaceAnnotations };
  return (
    askedPlatform(question.asked) ??
    fluidPlatform(pod, question) ??
    runtimePlatform(question.pod) ??
    markedPlatform(pod, namespace) ??
    selectedPlatform(question.pod) ??
    fallbackPlatform(question.fallback, "nothing says otherwise")
  );
}

/** What whoever creates a pod for this platform should know. */
export function warnOfPlatform(platform: Platform): Finding[] {
  if (platform.views !== "unconfirmed") return [];
  const message = `platform ${platform.name}: it is not confirmed that a client's mount appears in other containers there; test one pod first, or choose another platform by the annotation sluice.io/platform`;
  return [{ code: "platform-unconfirmed", message }];
}

/** Why no client can be injected on this platform. */
export function refuseOfPlatform(platform: Platform): Finding[] {
  if (platform.views !== "refused") return [];
  const message = `platform ${platform.name}: a client's mount may be an empty directory in the other containers: use another runtime or sluice.io/mode: csi, or vouch for it by sluice.io/platform: kubernetes`;
  return [{ code: "no-shared-mounts", message }];
}

function askedPlatform(asked: string | undefined): DetectedPlatform | undefined {
  if (asked === undefined) return undefined;
  return namedPlatform("sluice.io/platform", asked);
}

function fluidPlatform(pod: Marked, { clients, fallback }: PlatformQuestion): DetectedPlatform | undefined {
  const serverless = fluidServerlessKeys.some((key) => pod.labels[key] === "true");
  // Fluid looks at this label first and then no longer at the annotation.
  if (clients && serverless && pod.labels[fluidUnprivilegedKey] === "true")
    return { problem: refuseUnprivileged(`label ${fluidUnprivilegedKey}=true`, "label") };
  const name = pod.annotations[fluidPlatformKey];
  if (name === undefined) return undefined;
  if (name === "unprivileged" && !clients) return undefined;
  if (name === "unprivileged")
    return { problem: refuseUnprivileged(`annotation ${fluidPlatformKey}=${name}`, "annotation") };
  if (name === "default") return fallbackPlatform(fallback, `annotation ${fluidPlatformKey}=default`);
  return namedPlatform(fluidPlatformKey, name);
}

function refuseUnprivileged(mark: string, kind: string): Finding {
  const message = `${mark}: without privilege a client cannot share its mount here: remove the ${kind}, or name a platform that passes /dev/fuse by sluice.io/platform`;
  return { code: "unprivileged-client", message };
}

function markedPlatform(pod: Marked, namespace: Marked): DetectedPlatform | undefined {
  return (
    findMarked((platform) => platform.marks, pod, "of the pod") ??
    findMarked(
      (platform) => platform.marks.filter((mark) => mark.onNamespace),
      namespace,
      "of the namespace",
    ) ??
    findMarked((platform) => platform.hints, pod, "of the pod")
  );
}

function findMarked(
  marksOf: (platform: Platform) => readonly PlatformMark[],
  object: Marked,
  whose: string,
): DetectedPlatform | undefined {
  for (const platform of platforms)
    for (const { kind, key, value } of marksOf(platform))
      if ((kind === "label" ? object.labels : object.annotations)[key] === value)
        return { platform, why: `${kind} ${key}=${value} ${whose}` };
  return undefined;
}

function runtimePlatform({ spec }: Pod): DetectedPlatform | undefined {
  const runtime = spec?.runtimeClassName ?? "";
  const platform = platforms.find(
    ({ runtimeClass }) => runtimeClass !== undefined && runtime.includes(runtimeClass),
  );
  return platform === undefined ? undefined : { platform, why: `runtimeClassName ${runtime}` };
}

function selectedPlatform({ spec }: Pod): DetectedPlatform | undefined {
  for (const platform of platforms)
    for (const [key, value] of Object.entries(platform.nodeSelector ?? {}))
      if (spec?.nodeSelector?.[key] === value) return { platform, why: `nodeSelector ${key}=${value}` };
  return undefined;
}

function fallbackPlatform(name: string, why: string): DetectedPlatform {
  const platform = findPlatform(name);
  if (platform !== undefined) return { platform, why: `${why}, and the configuration says ${name}` };
  return { problem: unknownPlatform("configuration key platform", name) };
}

function namedPlatform(key: string, name: string): DetectedPlatform {
  const platform = findPlatform(name);
  if (platform !== undefined) return { platform, why: `annotation ${key}=${name}` };
  return { problem: unknownPlatform(`annotation ${key}`, name) };
}

function unknownPlatform(where: string, name: string): Finding {
  const message = `${where} is ${JSON.stringify(name.slice(0, 63))}, a platform that is not known: name one of ${listPlatformNames()}, or remove it`;
  return { code: "unknown-platform", message };
}
