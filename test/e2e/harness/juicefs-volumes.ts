import { eventually } from "./eventually.ts";
import { type Fields, textAt } from "./fields.ts";
import { addObject } from "./objects.ts";
import type { TestCluster } from "./test-cluster.ts";

/** Where an object is: "NAMESPACE/NAME". */
type Place = `${string}/${string}`;

/** The Secret of a file system, as whoever runs the JuiceFS CSI driver makes it. */
export async function addFileSystem(
  cluster: TestCluster,
  place: Place,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const [namespace, name] = parts(place);
  const metadata = { name, namespace };
  await addObject(cluster.api, { apiVersion: "v1", kind: "Secret", metadata, stringData: values });
}

/** A claim; bound to the volume of its own that `volumeFor` makes where `className` is "". */
export function juicefsClaim(place: Place, className = ""): Fields {
  const [namespace, name] = parts(place);
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace },
    spec: {
      accessModes: ["ReadWriteMany"],
      storageClassName: className,
      resources: { requests: { storage: "10Gi" } },
      ...(className === "" ? { volumeName: volumeName(place) } : {}),
    },
  };
}

interface VolumeOptions {
  /** Secret of the file system. */
  readonly secret: Place;
  /** Its class and directory, where it is provisioned and not made by hand. */
  readonly className?: string;
  readonly subPath?: string;
}

/** The volume for the claim at `place`, bound to it by its name. */
export function volumeFor(place: Place, { secret, className = "", subPath }: VolumeOptions): Fields {
  const [namespace, name] = parts(place);
  const [secretNamespace, secretName] = parts(secret);
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: volumeName(place) },
    spec: {
      capacity: { storage: "10Gi" },
      accessModes: ["ReadWriteMany"],
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: className,
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name },
      csi: {
        driver: "csi.juicefs.com",
        volumeHandle: volumeName(place),
        fsType: "juicefs",
        nodePublishSecretRef: { namespace: secretNamespace, name: secretName },
        ...(subPath === undefined ? {} : { volumeAttributes: { subPath } }),
      },
    },
  };
}

/** A volume made by hand and its claim. Resolves when they are bound. */
export async function addStaticClaim(cluster: TestCluster, place: Place, secret: Place): Promise<void> {
  await addObject(cluster.api, volumeFor(place, { secret }));
  await addObject(cluster.api, juicefsClaim(place));
  await boundClaim(cluster, place);
}

export function claimPath(place: Place): string {
  const [namespace, name] = parts(place);
  return `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`;
}

export async function boundClaim(cluster: TestCluster, place: Place): Promise<void> {
  await eventually(
    `claim ${place} is bound`,
    async () => textAt(await cluster.api.get(claimPath(place)), "status", "phase") === "Bound",
  );
}

function volumeName(place: Place): string {
  return `juicefs-${place.replace("/", "-")}`;
}

function parts(place: Place): [string, string] {
  const [namespace = "", name = ""] = place.split("/");
  return [namespace, name];
}
