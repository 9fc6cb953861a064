import type { Pod } from "kubernetes-types/core/v1";
import { isRawObject } from "../cluster/raw-fields.ts";
import { containersOf } from "../pod/containers.ts";
import type { PodEditor } from "../pod/pod-editor.ts";
import { type BeforeInjection, readBefore } from "../pod/take-out/before-injection.ts";
import { recordBefore } from "../pod/take-out/record-before.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import { version } from "../version.ts";
import { fluid, juicefs, sluice } from "./labels.ts";

/** What is written on a pod that got clients, for people and for the tools that go by Fluid's marks. */
export interface ClientMark {
  readonly claim: string;
  readonly container: string;
  readonly family: DatasetVolume["family"];
  readonly dataset: { readonly namespace: string; readonly name: string };
  readonly scrapesMetrics: boolean;
  /** Whether the dataset is named among those that the pod uses; not where only another client mounts it. */
  readonly inUse: boolean;
}

export interface InjectionStatus {
  readonly mode: string;
  readonly platform: string;
  readonly sidecar?: string;
}

/** The pod as it came, and whether its clients mount straight into its volumes. */
export interface Origin {
  readonly pod: Pod;
  readonly straight: boolean;
}

/**
 * Writes the marks of an injected pod: labels and annotations. They are never trusted when they come back. With `origin`
 * what `sluice uninject` could not tell by itself is written down as well.
 */
export function markInjected(
  editor: PodEditor,
  clients: readonly ClientMark[],
  status: InjectionStatus,
  origin?: Origin,
): void {
  const stated = statedClients(editor.pod, clients);
  const before = origin && recordOf(origin, editor.pod, stated);
  const ofFluid = clients.filter((client) => client.family === "fluid");
  const labels: Record<string, string> =
    ofFluid.length === 0 ? {} : { [fluid.done]: "true", [fluid.managedBy]: "fluid" };
  if (ofFluid.length < clients.length) labels[juicefs.done] = "true";
  for (const { container, dataset } of ofFluid) {
    // Where one client serves several, it goes by the first.
    if (labels[fluid.datasetNamespace(container)] !== undefined) continue;
    labels[fluid.datasetNamespace(container)] = dataset.namespace;
    // A Dataset's name may be longer than a label's value.
    if (/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(dataset.name))
      labels[fluid.datasetName(container)] = dataset.name;
  }
  editor.merge(
    ["metadata", "labels"],
    labels,
    "marks that the controllers of Fluid and JuiceFS and other tools read",
  );
  const annotations: Record<string, string> = {
    ...usage(editor.pod, ofFluid),
    [sluice.status]: JSON.stringify({
      verdict: "injected",
      version,
      ...status,
      clients: stated,
      ...(before && { before }),
    }),
  };
  if (
    clients.some((client) => client.scrapesMetrics) &&
    editor.pod.metadata?.annotations?.[fluid.scrape] === undefined
  )
    annotations[fluid.scrape] = "true";
  editor.merge(
    ["metadata", "annotations"],
    annotations,
    "tells which datasets the pod uses and what was done",
  );
}

/** Writes which datasets the pod uses, as both modes do. */
export function markUsage(
  editor: PodEditor,
  datasets: readonly Pick<ClientMark, "dataset" | "inUse">[],
): void {
  editor.merge(["metadata", "annotations"], usage(editor.pod, datasets), "tells which datasets the pod uses");
}

function usage(pod: Pod, datasets: readonly Pick<ClientMark, "dataset" | "inUse">[]): Record<string, string> {
  const before = (pod.metadata?.annotations?.[fluid.datasetsInUse] ?? "")
    .split(",")
    .map((name) => name.trim());
  const own = datasets.filter((entry) => entry.inUse).map((entry) => entry.dataset.name);
  if (own.length === 0) return {};
  return { [fluid.datasetsInUse]: [...new Set([...before, ...own])].filter(Boolean).sort().join(",") };
}

/** The client of each claim, by the claims' names. */
function statedClients(pod: Pod, clients: readonly ClientMark[]): Record<string, string> {
  const claims = earlierClaims(pod);
  for (const { claim, container } of clients) claims[claim] = container;
  return Object.fromEntries(Object.entries(claims).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function recordOf(
  { pod, straight }: Origin,
  after: Pod,
  clients: Readonly<Record<string, string>>,
): BeforeInjection | undefined {
  return recordBefore({ before: pod, after, clients, straight, earlier: earlierRecord(pod) });
}

/** What an earlier call wrote down of the pod, where it held clients of ours when it came. */
function earlierRecord(pod: Pod): BeforeInjection | "unknown" | undefined {
  const status = pod.metadata?.annotations?.[sluice.status];
  if (status === undefined || Object.keys(earlierClaims(pod)).length === 0) return undefined;
  return readBefore(status) ?? "unknown";
}

/** What an earlier call wrote, as far as it is true: a mark that was copied names clients that are not there. */
function earlierClaims(pod: Pod): Record<string, string> {
  const claims: Record<string, string> = {};
  const annotation = pod.metadata?.annotations?.[sluice.status];
  if (annotation === undefined) return claims;
  try {
    const status: unknown = JSON.parse(annotation);
    const clients = isRawObject(status) && isRawObject(status["clients"]) ? status["clients"] : {};
    const names = new Set<unknown>(containersOf(pod).map(({ container }) => container.name));
    for (const [claim, name] of Object.entries(clients))
      if (typeof name === "string" && names.has(name)) claims[claim] = name;
  } catch {
    // Whoever wrote it, it was not us.
  }
  return claims;
}
