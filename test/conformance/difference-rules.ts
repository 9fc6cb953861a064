import { isDeepStrictEqual } from "node:util";
import type { Outcome } from "./allowed-difference.ts";
import {
  type AskedDataset,
  askedDatasets,
  at,
  cachePreferences,
  find,
  hasLabel,
  isServerful,
  list,
  statesLocality,
} from "./asked.ts";
import { injectedInto } from "./clients.ts";

export const defaultContainer = "annotation/kubectl.kubernetes.io/default-container";
export const unprivileged = "unprivileged.sidecar.fluid.io/inject";

/** The rest of a path within one dataset's client: "image", "mount /jfs"; undefined for other paths. */
export function ofClient(path: string): string | undefined {
  return /^client\/[^/]+\/[^/#]+\/(.*)$/s.exec(path)?.[1];
}

export function isSecondClient(path: string): boolean {
  return /^client\/[^/]+\/[^/]+#\d+\//.test(path);
}

/** Whether a path is of the client of a reference dataset that another dataset's client serves as well. */
export function isSharedReference(path: string, outcome: Outcome): boolean {
  const [, dataset] = /^client\/([^/]+\/[^/]+)\//.exec(path) ?? [];
  const all = datasetsOf(outcome);
  const one = all.find(({ own }) => `${own.namespace}/${own.name}` === dataset);
  return (
    one !== undefined &&
    !outcome.ourFacts.has(`client/${dataset}/position`) &&
    all.some((other) => other.own.name !== one.own.name && isDeepStrictEqual(other.physical, one.physical))
  );
}

/** Whether a path is of a client that we let run by its image's entrypoint, beside an attendant. */
export function isBareClient(path: string, { ours, original }: Outcome): boolean {
  if (ours === undefined) return false;
  const client = injectedInto(ours, original).clients.find(({ id }) => path.startsWith(`client/${id}/`));
  return client?.views !== undefined && client.views.container !== client.container;
}

/** Whether the pod asks for a sidecar and Fluid has put none in, though we have. */
export function hasNoFluidClient({ fluidFacts, ourFacts, original }: Outcome): boolean {
  const has = (facts: Outcome["ourFacts"]) => [...facts.keys()].some((path) => ofClient(path) === "position");
  return !isServerful(original) && has(ourFacts) && !has(fluidFacts);
}

/** Whether a path of a client is what its template says, and nothing that Sluice adds to each. */
export function isOfTemplate(path: string): boolean {
  const rest = ofClient(path);
  return (
    rest !== undefined &&
    !/^(mount \/(sluice|var\/run\/secrets)\/|env\/SLUICE_|lifecycle\/|resources\/|securityContext\/runAs)/.test(
      rest,
    )
  );
}

/** Paths of the clients that are in both pods. */
export function clientsOf({ fluidFacts, ourFacts }: Outcome): string[] {
  const suffix = "/position";
  return [...fluidFacts.keys()]
    .filter((path) => ofClient(path) === "position" && ourFacts.has(path))
    .map((path) => path.slice(0, -suffix.length));
}

export function hasUnmountedClaim({ original: { spec } }: Outcome): boolean {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const mounted = new Set(containers.flatMap((c) => c.volumeMounts ?? []).map((mount) => mount.name));
  return spec?.volumes?.some((v) => v.persistentVolumeClaim !== undefined && !mounted.has(v.name)) === true;
}

export function isSharedMount(mount: unknown): boolean {
  return (
    at(mount, "mountPropagation") === "Bidirectional" &&
    at(mount, "source", "emptyDir", "medium") === "Memory"
  );
}

export function commandOf(hook: unknown): string[] {
  return list(at(hook, "exec", "command")).map(String);
}

export function isRefusedFor(ours: unknown, reason: string): boolean {
  return typeof ours === "string" && new RegExp(`^refused \\d+ (.*,)?${reason}[,:]`).test(ours);
}

export function hasNameTwice(pod: Outcome["fluid"]): boolean {
  const names = [...(pod?.spec?.initContainers ?? []), ...(pod?.spec?.containers ?? [])].map(
    ({ name }) => name,
  );
  return new Set(names).size < names.length;
}

export function datasetsOf({ recorded, objects }: Outcome) {
  return askedDatasets(recorded, objects);
}

/** Whether the pod asks for the nodes of this dataset's cache and no others. */
export function isRequired({ claim }: AskedDataset, { original }: Outcome): boolean {
  return hasLabel(original, `fluid.io/dataset.${claim.metadata.name}.sched`, "required");
}

/** Which nodes the pod is to prefer for the sake of its datasets, in the words of the affinity's facts. */
export function preferences(outcome: Outcome): Set<string> {
  const { original, objects } = outcome;
  // On such a node affinity has no effect.
  if (statesLocality(original) || hasLabel(original, "alibabacloud.com/eci")) return new Set();
  return cachePreferences(
    datasetsOf(outcome).filter((dataset) => !isRequired(dataset, outcome)),
    objects,
  );
}

/** Whether what is found at one mount is what is found at the other, but read-only. */
export function isReadOnlyOf(ours: unknown, fluid: unknown): boolean {
  return typeof fluid === "object" && isDeepStrictEqual({ ...fluid, readOnly: true }, ours);
}

/** Whether what a container of the pod mounts at `path` is a claim, or a volume of one, that grants no writing. */
export function mayOnlyRead(path: string, { recorded, original, objects }: Outcome): boolean {
  const [, group, name, mountPath] = /^(initContainers|containers)\/([^/]+)\/mount (.*)$/s.exec(path) ?? [];
  const containers = group === "containers" ? original.spec?.containers : original.spec?.initContainers;
  const mount = containers
    ?.find((c) => c.name === name)
    ?.volumeMounts?.find((m) => m.mountPath === mountPath);
  const source = original.spec?.volumes?.find((v) => v.name === mount?.name)?.persistentVolumeClaim;
  if (source === undefined) return false;
  const asked = askedDatasets(recorded, objects).find(
    ({ claim }) => claim.metadata.name === source.claimName,
  );
  // Another claim can lead to the dataset; what the dataset's own claim forbids holds for it too.
  const claims = asked && [
    asked.claim,
    find(objects, "PersistentVolumeClaim", asked.own.namespace, asked.own.name),
  ];
  return source.readOnly === true || claims?.some(grantsReadingOnly) === true;
}

function grantsReadingOnly(claim: unknown): boolean {
  const modes = list(at(claim, "spec", "accessModes"));
  return modes.length > 0 && modes.every((mode) => mode === "ReadOnlyMany");
}

/** Each of the pod's own alternatives, with everything that the datasets require, as the affinity's facts say it. */
export function allRequiredAtOnce(own: readonly unknown[], fluids: readonly unknown[]): string[] {
  const parts = (term: unknown) => String(term).split(" and ");
  const ofPod = new Set(own.flatMap(parts));
  const added = fluids.flatMap(parts).filter((part) => !ofPod.has(part));
  const alternatives = own.length === 0 ? [[]] : own.map(parts);
  return alternatives.map((term) => [...new Set([...term, ...added])].sort().join(" and ")).sort();
}

/**
 * What Fluid requires of nodes, with the labels that they get: for a reference dataset those of the one it refers to, and
 * of that one's client; for a thin one none.
 */
export function requiredOfRealCaches(fluids: readonly unknown[], outcome: Outcome): string[] {
  const labels = new Map(
    datasetsOf(outcome).map(({ own, physical }) => {
      const isThin = find(outcome.objects, "ThinRuntime", physical.namespace, physical.name) !== undefined;
      return [cacheLabel(own), isThin ? undefined : cacheLabel(physical)];
    }),
  );
  const terms = fluids
    .map((term) =>
      String(term)
        .split(" and ")
        .flatMap((part) => (labels.has(part) ? (labels.get(part) ?? []) : part))
        .join(" and "),
    )
    .filter((term) => term !== "");
  return [...terms, ...datasetsOf(outcome).flatMap((dataset) => clientNodesReferredTo(dataset, outcome))];
}

/** Where the client of the dataset that is referred to may run; nothing of a dataset that refers to none. */
function clientNodesReferredTo({ own, physical }: AskedDataset, { objects }: Outcome): string[] {
  if (own === physical) return [];
  const runtime = objects.find(
    ({ kind, metadata }) =>
      kind.endsWith("Runtime") &&
      metadata.name === physical.name &&
      metadata.namespace === physical.namespace,
  );
  const selector = at(runtime, "spec", "fuse", "nodeSelector");
  if (typeof selector !== "object" || selector === null) return [];
  return Object.entries(selector).map(([key, value]) => `${key} In [${value}]`);
}

function cacheLabel({ namespace, name }: AskedDataset["own"]): string {
  return `fluid.io/s-${namespace}-${name} In [true]`;
}

/** What supervisors in the pod run of the templates' preStop hooks. */
export function supervisorsPreStops(pod: Outcome["ours"]): Set<string | undefined> {
  const containers = [...(pod?.spec?.initContainers ?? []), ...(pod?.spec?.containers ?? [])];
  return new Set(
    containers
      .flatMap((c) => c.env ?? [])
      .flatMap(({ name, value }) => (name === "SLUICE_PRE_STOP" ? [value] : [])),
  );
}

/** Names of the pull secrets in the client templates of the case's datasets. */
export function templateSecrets(outcome: Outcome): Set<unknown> {
  const clients = datasetsOf(outcome).flatMap(({ own }) =>
    ["-fuse", "-jindofs-fuse"].map((leaf) =>
      find(outcome.objects, "DaemonSet", own.namespace, `${own.name}${leaf}`),
    ),
  );
  const secrets = clients.flatMap((client) =>
    list(at(client, "spec", "template", "spec", "imagePullSecrets")),
  );
  return new Set(secrets.map((secret) => at(secret, "name")));
}

/** Whether `part` is `whole` with some of its fields left out; an empty object that was added says nothing. */
export function isPartOf(part: unknown, whole: unknown): boolean {
  if (part === undefined || isDeepStrictEqual(part, whole) || isDeepStrictEqual(part, {})) return true;
  if (typeof part !== "object" || typeof whole !== "object" || part === null || whole === null) return false;
  if (Array.isArray(part) && part.length !== list(whole).length) return false;
  return Object.entries(part).every(([key, value]) => isPartOf(value, at(whole, key)));
}
