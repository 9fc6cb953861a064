import type { Container, EnvVar, Volume } from "kubernetes-types/core/v1";
import { datasetAnnotations } from "../../types/dataset-annotations.ts";
import type { ClientObject, ClientTemplate, MissingObjects } from "../../types/dataset-volume.ts";
import type { RunningDataset, ServedDataset } from "./find-dataset.ts";
import { listOf } from "./manifest-lists.ts";

interface Reference {
  readonly name?: string;
  readonly optional?: boolean;
}

// Kubernetes: docs, "Object Names and IDs" (DNS subdomain names).
const objectName = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;

/** The ConfigMaps and Secrets without which a client's pod does not start, each once, sorted. */
export function clientObjects(template: ClientTemplate): ClientObject[] {
  const found = new Map<string, ClientObject>();
  const need = (kind: ClientObject["kind"], name: unknown, optional?: boolean): void => {
    if (optional === true || typeof name !== "string" || !objectName.test(name)) return;
    found.set(objectKey({ kind, name }), { kind, name });
  };
  const refer = (kind: ClientObject["kind"], reference: Reference | undefined): void =>
    need(kind, reference?.name, reference?.optional);
  for (const container of [...(template.initContainers ?? []), template.container]) needOf(container, refer);
  for (const volume of template.volumes) {
    refer("ConfigMap", volume.configMap);
    need("Secret", volume.secret?.secretName, volume.secret?.optional);
    for (const source of listOf(volume.projected?.sources)) {
      refer("ConfigMap", source.configMap);
      refer("Secret", source.secret);
    }
    for (const secret of secretsOfDriver(volume)) refer("Secret", secret);
  }
  for (const secret of template.imagePullSecrets) refer("Secret", secret);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}

/** "secret/jfs-secret", as kubectl has it and the annotation on the Dataset. */
export function objectKey({ kind, name }: ClientObject): string {
  return `${kind.toLowerCase()}/${name}`;
}

/**
 * What the client of a reference dataset needs in its namespace and nobody says is there: Fluid has not copied it and
 * no annotation on the Dataset names it. Undefined where nothing is missing.
 */
export function missingObjects(
  { dataset, physical }: Pick<ServedDataset, "dataset" | "physical">,
  template: ClientTemplate,
): MissingObjects | undefined {
  if (physical.dataset.namespace === dataset.namespace) return undefined;
  const stated = statedObjects(dataset.annotations ?? {});
  const there = new Set([...copiedByFluid(physical), ...stated]);
  const objects = clientObjects(template).filter((object) => !there.has(objectKey(object)));
  return objects.length === 0 ? undefined : { from: physical.dataset.namespace, objects, stated };
}

/** The objects that a reference dataset's annotation names. */
export function statedObjects(annotations: Readonly<Record<string, string>>): string[] {
  const stated = annotations[datasetAnnotations.clientObjects] ?? "";
  return stated.split(",").flatMap((name) => name.trim().toLowerCase() || []);
}

/** Fluid: pkg/ddc/thin/referencedataset/cm.go. It copies them when the reference dataset is bound. */
function copiedByFluid({ type, dataset }: RunningDataset): string[] {
  return type.copiedConfigMaps.map((pattern) => `configmap/${pattern.replace("*", dataset.name)}`);
}

function needOf(
  container: Container,
  refer: (kind: ClientObject["kind"], reference: Reference | undefined) => void,
): void {
  for (const { valueFrom } of listOf<EnvVar>(container.env)) {
    refer("ConfigMap", valueFrom?.configMapKeyRef);
    refer("Secret", valueFrom?.secretKeyRef);
  }
  for (const { configMapRef, secretRef } of listOf(container.envFrom)) {
    refer("ConfigMap", configMapRef);
    refer("Secret", secretRef);
  }
}

/** Kubernetes: volume drivers that take a Secret of the pod's namespace. */
function secretsOfDriver({ csi, cephfs, rbd, flexVolume, scaleIO, storageos, iscsi }: Volume): Reference[] {
  const found = [
    csi?.nodePublishSecretRef,
    cephfs?.secretRef,
    rbd?.secretRef,
    flexVolume?.secretRef,
    scaleIO?.secretRef,
    storageos?.secretRef,
    iscsi?.secretRef,
  ];
  return found.filter((reference) => reference !== undefined);
}
