import { isDeepStrictEqual } from "node:util";
import type { Container, Pod } from "kubernetes-types/core/v1";
import { affinityFacts } from "./affinity-facts.ts";
import { type Client, type Group, injectedInto } from "./clients.ts";
import { foundAt, placeShown, sourceOf } from "./reach.ts";

/** A pod as facts, each at a path; two pods mean the same when their facts are equal. */
export type Facts = ReadonlyMap<string, unknown>;

export interface Difference {
  readonly path: string;
  readonly fluid: unknown;
  readonly ours: unknown;
  /** The same fact of the pod before injection. */
  readonly original: unknown;
}

/** Where two injections of one pod mean different things. */
export function differences(fluid: Pod, ours: Pod, original: Pod): Difference[] {
  const theirs = meaningOf(fluid, original);
  const own = meaningOf(ours, original);
  const before = meaningOf(original, original);
  const paths = [...new Set([...theirs.keys(), ...own.keys()])].sort();
  return paths
    .map((path) => ({ path, fluid: theirs.get(path), ours: own.get(path), original: before.get(path) }))
    .filter((difference) => !isDeepStrictEqual(difference.fluid, difference.ours));
}

/** What `pod` means, which was `original` before injection. Names of volumes, and what is empty, mean nothing. */
export function meaningOf(pod: Pod, original: Pod): Facts {
  const facts = new FactList();
  const { metadata = {}, spec, status } = pod;
  const { labels = {}, annotations = {}, ...otherMetadata } = metadata;
  const { clients, others } = injectedInto(pod, original);

  for (const [key, value] of Object.entries(labels))
    if (!labelsOf(clients).has(key)) facts.add(`label/${key}`, value);
  facts.addAll("annotation", annotations);
  facts.addAll("metadata", otherMetadata);
  facts.add("status", status);
  if (spec === undefined) return facts;

  const { containers: _c, initContainers: _i, volumes = [], affinity, ...otherSpec } = spec;
  facts.addAll("spec", otherSpec);
  for (const [path, value] of affinityFacts(affinity)) facts.add(path, value);

  for (const client of clients) addClient(facts, pod, clients, client);
  for (const other of others) facts.add(`added/${other.container.name}`, other.position);
  const added = new Set([...clients, ...others].map((one) => one.container));
  for (const group of ["initContainers", "containers"] as const) {
    const own = (spec[group] ?? []).filter((container) => !added.has(container));
    facts.add(
      `order/${group}`,
      own.map((container) => container.name),
    );
    for (const container of own) addOwn(facts, pod, clients, group, container);
  }

  const before = new Set((original.spec?.volumes ?? []).map((volume) => volume.name));
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  for (const volume of volumes) {
    if (before.has(volume.name)) facts.add(`volume/${volume.name}`, volumeMeaning(pod, clients, volume.name));
    else if (!all.some((container) => container.volumeMounts?.some((mount) => mount.name === volume.name)))
      facts.add(`unused-volume/${volume.name}`, sourceOf(volume));
  }
  return facts;
}

class FactList extends Map<string, unknown> {
  /** Leaves out what says nothing: null, [] and, but for a volume's source, {}. */
  add(path: string, value: unknown): void {
    if (value === undefined || value === null) return;
    if (typeof value === "object" && Object.keys(value).length === 0) return;
    this.set(path, value);
  }
  addAll(under: string, values: object): void {
    for (const [key, value] of Object.entries(values)) this.add(`${under}/${key}`, value);
  }
}

function labelsOf(clients: readonly Client[]): Set<string> {
  return new Set(
    clients.flatMap(({ container: { name } }) => [
      `dataset-name.sidecar.fluid.io/${name}`,
      `dataset-namespace.sidecar.fluid.io/${name}`,
    ]),
  );
}

function addClient(facts: FactList, pod: Pod, clients: readonly Client[], client: Client): void {
  const under = `client/${client.id}`;
  const { command = [], args = [], volumeMounts = [], env = [], ...rest } = client.container;
  const { resources = {}, lifecycle = {}, securityContext = {}, ...fields } = rest;
  const own =
    client.views?.container === client.container ? client.views.supervised.client : [...command, ...args];
  facts.add(`${under}/position`, client.position);
  facts.add(`${under}/command`, own);
  facts.addAll(under, fields);
  facts.addAll(`${under}/lifecycle`, lifecycle);
  facts.addAll(`${under}/securityContext`, securityContext);
  for (const [kind, amounts] of Object.entries(resources))
    facts.addAll(`${under}/resources/${kind}`, amounts);
  for (const variable of env) facts.add(`${under}/env/${variable.name}`, variable);
  addMounts(facts, under, pod, clients, volumeMounts);
}

function addOwn(
  facts: FactList,
  pod: Pod,
  clients: readonly Client[],
  group: Group,
  container: Container,
): void {
  const under = `${group}/${container.name}`;
  const { name: _, volumeMounts = [], ...fields } = container;
  facts.addAll(under, fields);
  addMounts(facts, under, pod, clients, volumeMounts);
}

function addMounts(
  facts: FactList,
  under: string,
  pod: Pod,
  clients: readonly Client[],
  mounts: NonNullable<Container["volumeMounts"]>,
): void {
  for (const mount of mounts) {
    const path = `${under}/mount ${mount.mountPath}`;
    facts.add(facts.has(path) ? `${path} (again)` : path, foundAt(pod, clients, mount));
  }
}

/** A volume of the pod's own: the dataset that it leads to, or what it is. */
function volumeMeaning(pod: Pod, clients: readonly Client[], name: string): unknown {
  const volume = pod.spec?.volumes?.find((v) => v.name === name);
  if (volume === undefined) return undefined;
  const mounts = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
    .filter((container) => !clients.some((client) => client.container === container))
    .flatMap((container) => container.volumeMounts ?? [])
    .filter((mount) => mount.name === name);
  for (const { subPath = "" } of mounts) {
    const place = placeShown(pod, clients, volume, subPath);
    if (place !== undefined) return { dataset: place.dataset };
  }
  return sourceOf(volume);
}
