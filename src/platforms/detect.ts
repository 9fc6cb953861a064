import type { Pod } from "kubernetes-types/core/v1";
import type { Finding } from "../types/reason.ts";
import { type KnownMark, listPlatformNames, type PlatformCatalog } from "./catalog.ts";
import { leadsTo, selectsNodes } from "./node-labels.ts";
import type { Platform } from "./platform.ts";

export interface PlatformQuestion {
  readonly pod: Pod;
  readonly catalog: PlatformCatalog;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly namespaceAnnotations: Readonly<Record<string, string>>;
  /** Whether a client runs in the pod, for which Fluid's marks may ask to have no privilege. */
  readonly clients: boolean;
  /** Value of the pod's annotation sluice.io/platform. */
  readonly asked?: string | undefined;
  /** Name of the platform where nothing says otherwise (config key `platform`). */
  readonly fallback: string;
  /** Key of the label whose value names a platform (config key `platformLabel`). */
  readonly platformLabel?: string | undefined;
}

export interface FoundPlatform {
  readonly platform: Platform;
  readonly why: string;
  /** Why the pod may run on an ordinary node as well. */
  readonly bursts?: string;
}

export type DetectedPlatform = FoundPlatform | { readonly problem: Finding };

interface Marked {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const none: Readonly<Record<string, string>> = {};
const fluidPlatformKey = "serverless.fluid.io/platform";
const fluidUnprivilegedKey = "unprivileged.sidecar.fluid.io/inject";
const fluidServerlessKey = "serverless.fluid.io/inject";
const fluidSidecarKey = "fuse.sidecar.fluid.io/inject";
const unprivileged = "unprivileged";
const generic = "virtual-node";
const noBurst = ["off", "false", ""];

/**
 * Finds out on which kind of node a pod will run: what the pod names, by our annotation, then by Fluid's ways; its
 * runtime class; the marks that send it somewhere, on the pod and then on its namespace; the nodes it selects; at last
 * the configured platform. Of two places that name different ones the first counts; two marks in one place contradict
 * each other.
 *
 * A toleration for virtual nodes names no platform: the pod may as well run elsewhere.
 * (Fluid: pkg/utils/annotations.go GetServerlessPlatform, whose platforms are `default` and `unprivileged`.)
 */
export function detectPlatform(question: PlatformQuestion): DetectedPlatform {
  const { metadata } = question.pod;
  const pod = { labels: metadata?.labels ?? none, annotations: metadata?.annotations ?? none };
  const found = findPlatform(question, pod);
  // Whoever names the platform by our own annotation has answered the question.
  if (!question.clients || "problem" in found || question.asked !== undefined) return found;
  const mark = unprivilegedMark(pod, question.platformLabel);
  // Where the platform itself hands out the device, its clients have no privilege anyway.
  if (mark === undefined || found.platform.client.privilege !== "privileged") return found;
  return { problem: refuseUnprivileged(mark, found.platform) };
}

function findPlatform(question: PlatformQuestion, pod: Marked): DetectedPlatform {
  const { catalog } = question;
  return (
    askedPlatform(question, pod) ??
    fluidPlatform(pod, question) ??
    markedPlatform(catalog.targets, pod, "of the pod") ??
    runtimePlatform(question) ??
    markedPlatform(catalog.marks, pod, "of the pod") ??
    burstPlatform(question, pod) ??
    namespacePlatform(question) ??
    selectedPlatform(question) ??
    fallbackPlatform(question, "nothing says otherwise")
  );
}

function askedPlatform(question: PlatformQuestion, pod: Marked): DetectedPlatform | undefined {
  if (question.asked === undefined) return undefined;
  const named = namedPlatform(question, "annotation sluice.io/platform", question.asked);
  if ("problem" in named) return named;
  const other = question.catalog.marks.find((mark) => carries(pod, mark) && mark.platform !== named.platform);
  if (other === undefined) return named;
  return { ...named, why: `${named.why}, although ${describe(other)} says ${other.platform.name}` };
}

function fluidPlatform(pod: Marked, question: PlatformQuestion): DetectedPlatform | undefined {
  const { labels, annotations } = pod;
  const key = question.platformLabel;
  const label = key === undefined ? undefined : labels[key];
  if (label !== undefined && labels[fluidServerlessKey] === "true")
    return { problem: twoFluidLabels(`${key}=${label}`) };
  if (label !== undefined) return fluidNamed(question, `label ${key}`, label);
  // The deprecated label means Fluid's default, whatever the annotation says.
  if (labels[fluidSidecarKey] === "true") return undefined;
  const annotation = annotations[fluidPlatformKey];
  if (annotation === undefined) return undefined;
  return fluidNamed(question, `annotation ${fluidPlatformKey}`, annotation);
}

function fluidNamed(question: PlatformQuestion, where: string, name: string): DetectedPlatform | undefined {
  if (name === unprivileged) return undefined;
  if (name === "default") return fallbackPlatform(question, `${where}=default`);
  return namedPlatform(question, where, name);
}

/** By what the pod asks for clients without privilege; of two ways Fluid looks at the label first. */
function unprivilegedMark(
  { labels, annotations }: Marked,
  platformLabel: string | undefined,
): string | undefined {
  const serverless = labels[fluidServerlessKey] === "true" || labels[fluidSidecarKey] === "true";
  if (serverless && labels[fluidUnprivilegedKey] === "true") return `label ${fluidUnprivilegedKey}=true`;
  if (platformLabel !== undefined && labels[platformLabel] === unprivileged)
    return `label ${platformLabel}=${unprivileged}`;
  if (labels[fluidSidecarKey] === "true" || annotations[fluidPlatformKey] !== unprivileged) return undefined;
  return `annotation ${fluidPlatformKey}=${unprivileged}`;
}

function refuseUnprivileged(mark: string, platform: Platform): Finding {
  const message = `${mark}: on ${platform.name} nodes a client without privilege cannot share its mount: remove the ${mark.split(" ")[0]}, or name what passes /dev/fuse by sluice.io/platform`;
  return { code: "unprivileged-client", message };
}

function twoFluidLabels(label: string): Finding {
  const message = `labels ${label} and ${fluidServerlessKey}=true both say where the pod runs: remove one of them`;
  return { code: "several-platforms", message };
}

function namespacePlatform(question: PlatformQuestion): DetectedPlatform | undefined {
  const { namespaceLabels: labels, namespaceAnnotations: annotations, catalog } = question;
  return markedPlatform(catalog.namespaceMarks, { labels, annotations }, "of the namespace");
}

function markedPlatform(
  marks: readonly KnownMark[],
  object: Marked,
  whose: string,
): DetectedPlatform | undefined {
  let found: KnownMark | undefined;
  for (const mark of marks) {
    if (!carries(object, mark)) continue;
    if (found !== undefined && found.platform !== mark.platform)
      return { problem: contradiction(found, mark, whose) };
    found ??= mark;
  }
  return found === undefined ? undefined : { platform: found.platform, why: `${describe(found)} ${whose}` };
}

function contradiction(a: KnownMark, b: KnownMark, whose: string): Finding {
  const message = `${describe(a)} ${whose} says platform ${a.platform.name}, ${describe(b)} says ${b.platform.name}: remove one of them, or name the platform by sluice.io/platform`;
  return { code: "several-platforms", message };
}

function carries({ labels, annotations }: Marked, { kind, key, value }: KnownMark): boolean {
  return (kind === "label" ? labels : annotations)[key] === value;
}

function describe({ kind, key, value }: KnownMark): string {
  return `${kind} ${key}=${value}`;
}

/** A value other than the ones that leave no choice lets the scheduler choose between both kinds of node. */
function burstPlatform({ catalog }: PlatformQuestion, pod: Marked): FoundPlatform | undefined {
  for (const { kind, key, platform } of catalog.bursts) {
    const value = (kind === "label" ? pod.labels : pod.annotations)[key];
    if (value === undefined || noBurst.includes(value)) continue;
    const why = `${kind} ${key}=${value.slice(0, 63)} of the pod`;
    return { platform: onBoth(platform), why, bursts: why };
  }
  return undefined;
}

/** On its way to an ordinary node the pod's affinity is heeded, and the cluster's scheduler chooses between the two. */
function onBoth(platform: Platform): Platform {
  const { nodeAffinity, scheduler } = platform;
  if (nodeAffinity === "heard" && scheduler === "cluster") return platform;
  return { ...platform, nodeAffinity: "heard", scheduler: "cluster" };
}

function runtimePlatform({ pod, catalog }: PlatformQuestion): FoundPlatform | undefined {
  const runtime = pod.spec?.runtimeClassName;
  if (!runtime) return undefined;
  const found = catalog.runtimes.find(({ part }) => runtime.includes(part));
  return found && { platform: found.platform, why: `runtimeClassName ${runtime}` };
}

function selectedPlatform({ pod, catalog, fallback }: PlatformQuestion): FoundPlatform | undefined {
  const { spec } = pod;
  // Most pods select no nodes.
  if (spec === undefined || !selectsNodes(spec)) return undefined;
  for (const { platform, labels } of catalog.selected) {
    // In a cluster of virtual nodes only, this label says nothing new.
    if (platform.name === generic && fallback !== "kubernetes") continue;
    const leads = leadsTo(spec, labels);
    if (leads === undefined) continue;
    if (leads.always) return { platform, why: leads.why };
    return { platform: onBoth(platform), why: leads.why, bursts: leads.why };
  }
  return undefined;
}

function fallbackPlatform({ catalog, fallback }: PlatformQuestion, why: string): DetectedPlatform {
  const platform = catalog.byName.get(fallback);
  if (platform !== undefined) return { platform, why: `${why}, and the configuration says ${fallback}` };
  return { problem: unknownPlatform(catalog, "configuration key platform", fallback) };
}

function namedPlatform({ catalog }: PlatformQuestion, where: string, name: string): DetectedPlatform {
  const platform = catalog.byName.get(name);
  if (platform !== undefined) return { platform, why: `${where}=${name}` };
  return { problem: unknownPlatform(catalog, where, name) };
}

function unknownPlatform(catalog: PlatformCatalog, where: string, name: string): Finding {
  const message = `${where} is ${JSON.stringify(name.slice(0, 16))}, no known platform: use ${listPlatformNames(catalog)}`;
  return { code: "unknown-platform", message };
}
