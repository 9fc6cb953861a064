import type { NodeSelectorRequirement, Taint } from "kubernetes-types/core/v1";
import { projectClientPodTemplate, projectPullSecrets } from "./client-pod-template.ts";
import type {
  Claim,
  ClientDaemonSet,
  CsiSource,
  Dataset,
  Namespace,
  Node,
  PersistentVolume,
  PluginProfile,
  Runtime,
  ServiceAccount,
  StorageClass,
} from "./cluster-view.ts";
import { readJuicefsMarks } from "./juicefs-marks.ts";
import { pluginProfileKey, readPluginProfile } from "./plugin-profile.ts";
import { fieldAt, isRawObject, objectsAt, type RawObject, textAt, textMapAt, textsAt } from "./raw-fields.ts";

// Projections: from an object as the API server or a manifest has it to the fields that a decision asks for, as the types
// of cluster-view.ts describe them. A field of the wrong type counts as absent.

/** Where an object is, as whoever found out what it is says; `namespace` means nothing where its kind has none. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export function projectNamespace(raw: RawObject, { name }: Place): Namespace {
  const annotations = textMapAt(raw, "metadata", "annotations");
  // kubectl's copy of the whole object, of no use to a decision.
  delete annotations["kubectl.kubernetes.io/last-applied-configuration"];
  return { name, labels: textMapAt(raw, "metadata", "labels"), annotations };
}

export function projectClaim(raw: RawObject, { namespace, name }: Place): Claim {
  return {
    namespace,
    name,
    labels: textMapAt(raw, "metadata", "labels"),
    accessModes: textsAt(raw, "spec", "accessModes"),
    // A mark of any type says that somebody wants it gone.
    deleting: (fieldAt(raw, "metadata", "deletionTimestamp") ?? "") !== "",
    ...juicefsAnnotations(fieldAt(raw, "metadata", "annotations")),
    ...optional("storage", textAt(raw, "spec", "resources", "requests", "storage")),
    ...optional("uid", filledText(raw, "metadata", "uid")),
    ...optional("volumeName", filledText(raw, "spec", "volumeName")),
    ...optional("storageClassName", textAt(raw, "spec", "storageClassName")),
  };
}

export function projectPersistentVolume(raw: RawObject, { name }: Place): PersistentVolume {
  return {
    name,
    accessModes: textsAt(raw, "spec", "accessModes"),
    hasNodeAffinity: objectsAt(raw, "spec", "nodeAffinity", "required", "nodeSelectorTerms").length > 0,
    ...optional("claimRef", claimRef(fieldAt(raw, "spec", "claimRef"))),
    ...optional("csi", csiSource(fieldAt(raw, "spec", "csi"))),
    ...optional("mountOptions", filledList(textsAt(raw, "spec", "mountOptions"))),
  };
}

export function projectStorageClass(raw: RawObject, { name }: Place): StorageClass {
  const provisioner = textAt(raw, "provisioner") ?? "";
  return { name, provisioner, waitsForConsumer: textAt(raw, "volumeBindingMode") === "WaitForFirstConsumer" };
}

export function projectDataset(raw: RawObject, { namespace, name }: Place): Dataset {
  const notReady = objectsAt(raw, "status", "conditions").find((entry) => entry["type"] === "NotReady");
  return {
    namespace,
    name,
    phase: textAt(raw, "status", "phase") ?? "",
    runtimes: objectsAt(raw, "status", "runtimes").map((entry) => ({
      name: textAt(entry, "name") ?? "",
      namespace: textAt(entry, "namespace") ?? "",
      type: textAt(entry, "type") ?? "",
    })),
    mountPoints: objectsAt(raw, "spec", "mounts").flatMap((mount) => textAt(mount, "mountPoint") ?? []),
    mountOptions: [
      ...objectsAt(raw, "spec", "mounts").flatMap((mount) => Object.keys(textMapAt(mount, "options"))),
      ...Object.keys(textMapAt(raw, "spec", "sharedOptions")),
    ],
    ...optional("uid", filledText(raw, "metadata", "uid")),
    ...optional("notReady", textAt(notReady, "message")),
    ...optional("cachedPart", partOf(textAt(raw, "status", "cacheStates", "cachedPercentage"))),
    ...optional("annotations", ownAnnotations(raw)),
  };
}

/** Those that are ours, if there are any. */
function ownAnnotations(raw: RawObject): Record<string, string> | undefined {
  const annotations = textMapAt(raw, "metadata", "annotations");
  for (const key of Object.keys(annotations)) if (!key.startsWith("sluice.io/")) delete annotations[key];
  return Object.keys(annotations).length === 0 ? undefined : annotations;
}

/** Fluid: pkg/ddc/base/runtime.go says from where each kind of runtime takes the selector of its client's nodes. */
export function projectRuntime(raw: RawObject, kind: string, { namespace, name }: Place): Runtime {
  const client = kind === "CacheRuntime" ? "client" : "fuse";
  const ownVolumes = objectsAt(raw, "spec", "volumes").flatMap((volume) => textAt(volume, "name") ?? []);
  return {
    kind,
    namespace,
    name,
    clientNodeSelector:
      kind === "VineyardRuntime" ? textMapAt({}) : textMapAt(raw, "spec", client, "nodeSelector"),
    workerRequirements: workerTerms(raw).flatMap((term) =>
      objectsAt(term, "matchExpressions").flatMap((entry) => requirement(entry) ?? []),
    ),
    clientOptions: Object.keys(textMapAt(raw, "spec", client, "options")),
    ...optional("metricsScrapeTarget", textAt(raw, "spec", "fuse", "metrics", "scrapeTarget")),
    ...(ownVolumes.length === 0 ? {} : { ownVolumes }),
    ...(objectsAt(raw, "spec", "tieredstore", "levels").length === 0 ? {} : { hasTieredStore: true }),
  };
}

export function projectClientDaemonSet(raw: RawObject, { namespace, name }: Place): ClientDaemonSet {
  return { namespace, name, template: projectClientPodTemplate(fieldAt(raw, "spec", "template", "spec")) };
}

export function projectServiceAccount(raw: RawObject, { namespace, name }: Place): ServiceAccount {
  return { namespace, name, imagePullSecrets: projectPullSecrets(raw) };
}

export function projectPluginProfile(raw: RawObject, { namespace, name }: Place): PluginProfile {
  const text = textAt(raw, "data", pluginProfileKey);
  if (text === undefined) return { namespace, name, problems: [`its data has no key ${pluginProfileKey}`] };
  return { namespace, name, ...readPluginProfile(text) };
}

export function projectNode(raw: RawObject, { name }: Place): Node {
  return {
    name,
    labels: textMapAt(raw, "metadata", "labels"),
    taints: objectsAt(raw, "spec", "taints").flatMap((entry) => taint(entry) ?? []),
    kubeletVersion: textAt(raw, "status", "nodeInfo", "kubeletVersion") ?? "",
  };
}

const percentage = /^(\d{1,9}(?:\.\d{1,9})?)%$/;

/** Fluid writes "52.3%", and something else where it does not know. */
function partOf(text: string | undefined): number | undefined {
  const found = text === undefined ? undefined : percentage.exec(text)?.[1];
  return found === undefined ? undefined : Math.min(1, Number(found) / 100);
}

function workerTerms(runtime: RawObject): RawObject[] {
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  return objectsAt(runtime, "status", "cacheAffinity", required, "nodeSelectorTerms");
}

function requirement(raw: RawObject): NodeSelectorRequirement | undefined {
  const key = textAt(raw, "key");
  const operator = textAt(raw, "operator");
  if (key === undefined || operator === undefined) return undefined;
  return Array.isArray(raw["values"]) ? { key, operator, values: textsAt(raw, "values") } : { key, operator };
}

function taint(raw: RawObject): Taint | undefined {
  const key = textAt(raw, "key");
  const effect = textAt(raw, "effect");
  if (key === undefined || effect === undefined) return undefined;
  return { key, effect, ...optional("value", textAt(raw, "value")) };
}

function claimRef(raw: unknown): PersistentVolume["claimRef"] {
  const namespace = textAt(raw, "namespace");
  const name = textAt(raw, "name");
  if (namespace === undefined || name === undefined) return undefined;
  return { namespace, name, ...optional("uid", filledText(raw, "uid")) };
}

function csiSource(raw: unknown): PersistentVolume["csi"] {
  const driver = textAt(raw, "driver");
  if (driver === undefined) return undefined;
  const stated = fieldAt(raw, "volumeAttributes") !== undefined;
  const attributes = textMapAt(raw, "volumeAttributes");
  return {
    driver,
    ...(stated ? { attributes } : {}),
    ...optional("marks", readJuicefsMarks(attributes)),
    ...optional("handle", filledText(raw, "volumeHandle")),
    ...(fieldAt(raw, "readOnly") === true ? { readOnly: true } : {}),
    ...optional("secret", secretRef(fieldAt(raw, "nodePublishSecretRef"))),
  };
}

function secretRef(raw: unknown): CsiSource["secret"] {
  const namespace = filledText(raw, "namespace");
  const name = filledText(raw, "name");
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/**
 * The driver's annotations of a claim. Only those that size the client are kept: the others name images, host paths
 * and volumes for a privileged container, and whoever may make a claim may write them.
 */
function juicefsAnnotations(annotations: unknown): Pick<Claim, "clientSizes" | "unheededAnnotations"> {
  let sizes: Record<string, string> | undefined;
  let others: string[] | undefined;
  for (const key of isRawObject(annotations) ? Object.keys(annotations) : []) {
    if (!key.startsWith("juicefs")) continue;
    const value = textAt(annotations, key);
    if (value !== undefined && clientSize.test(key)) sizes = { ...sizes, [key]: value };
    else others = [...(others ?? []), key];
  }
  return { ...optional("clientSizes", sizes), ...optional("unheededAnnotations", others) };
}

/** (juicefs-csi-driver: pkg/driver, the annotations that mount pods may be sized by.) */
const clientSize = /^juicefs\/mount-(cpu|memory)-(limit|request)$/;

function filledList(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list;
}

function filledText(value: unknown, ...path: readonly string[]): string | undefined {
  return textAt(value, ...path) || undefined;
}

/** A property that is only there when it has a value. */
function optional<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  const result: { [P in K]?: T } = {};
  if (value !== undefined) result[key] = value;
  return result;
}
