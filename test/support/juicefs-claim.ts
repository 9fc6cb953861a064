import { factsKey, factsLabel, factsName, writeFacts } from "../../src/cluster/juicefs-projections.ts";
import { readJuicefsSecret } from "../../src/cluster/juicefs-secret.ts";

const secret = { namespace: "storage", name: "corpfs" };
const values = {
  name: "corpfs",
  metaurl: "redis://:password@redis.db.svc:6379/1",
  storage: "minio",
  bucket: "http://minio:9000/data",
  "access-key": "access",
  "secret-key": "secret",
};

/**
 * A claim of the JuiceFS CSI driver and its volume, as its provisioner makes them, with what Sluice's controllers have
 * written down of the volume's Secret.
 */
export function objectsOfJuicefsClaim(namespace: string, name: string): object[] {
  const uid = "5a1d7f6e-0000-4000-8000-000000000001";
  const volume = `pvc-${uid}`;
  const accessModes = ["ReadWriteMany"];
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace, uid, annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
      spec: {
        accessModes,
        resources: { requests: { storage: "10Gi" } },
        storageClassName: "juicefs-sc",
        volumeMode: "Filesystem",
        volumeName: volume,
      },
      status: { accessModes, capacity: { storage: "10Gi" }, phase: "Bound" },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: {
        name: volume,
        annotations: { "pv.kubernetes.io/provisioned-by": "csi.juicefs.com" },
        finalizers: ["kubernetes.io/pv-protection"],
      },
      spec: {
        accessModes,
        capacity: { storage: "10Gi" },
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid },
        csi: {
          driver: "csi.juicefs.com",
          fsType: "juicefs",
          nodePublishSecretRef: secret,
          volumeAttributes: {
            subPath: volume,
            "juicefs/mount-cache-emptydir": ":10Gi",
            "storage.kubernetes.io/csiProvisionerIdentity": "1769846400000-8081-csi.juicefs.com",
          },
          volumeHandle: volume,
        },
        mountOptions: ["cache-size=10240", "buffer-size=300"],
        persistentVolumeReclaimPolicy: "Delete",
        storageClassName: "juicefs-sc",
        volumeMode: "Filesystem",
      },
      status: { phase: "Bound" },
    },
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: "juicefs-sc" },
      provisioner: "csi.juicefs.com",
      volumeBindingMode: "Immediate",
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: factsName(secret), namespace: "sluice-system", labels: { [factsLabel]: "true" } },
      data: { [factsKey]: writeFacts(readJuicefsSecret(values)) },
    },
  ];
}
