import type { Cluster, ClusterView } from "../cluster/cluster-view.ts";

const namespace = "warm-up";
const hostPath = `/runtime-mnt/juicefs/${namespace}/data`;

/** A cluster with one dataset on JuiceFS, just enough for a pod to be given its client. */
const view: ClusterView = {
  namespace: (name) => (name === namespace ? { name, labels: {}, annotations: {} } : undefined),
  claim: (_namespace, name) =>
    name === "data"
      ? {
          namespace,
          name,
          labels: { [`fluid.io/s-${namespace}-data`]: "true", "fluid.io/dataset-id": `${namespace}-data` },
          volumeName: `${namespace}-data`,
          storageClassName: "fluid",
          accessModes: ["ReadOnlyMany"],
          deleting: false,
        }
      : undefined,
  persistentVolume: (name) => ({
    name,
    claimRef: { namespace, name: "data" },
    accessModes: ["ReadOnlyMany"],
    csi: {
      driver: "fuse.csi.fluid.io",
      attributes: {
        fluid_path: `${hostPath}/juicefs-fuse`,
        mount_type: "JuiceFS",
        runtime_name: "data",
        runtime_namespace: namespace,
      },
    },
    hasNodeAffinity: false,
  }),
  dataset: (_namespace, name) => ({
    namespace,
    name,
    phase: "Bound",
    runtimes: [{ name, namespace, type: "juicefs" }],
    mountPoints: ["juicefs:///"],
  }),
  runtime: (kind, _namespace, name) =>
    kind === "JuiceFSRuntime"
      ? { kind, namespace, name, clientNodeSelector: {}, workerRequirements: [] }
      : undefined,
  clientDaemonSet: (_namespace, name) => ({
    namespace,
    name,
    template: {
      containers: [
        {
          name: "juicefs-fuse",
          image: "juicefs",
          command: ["sh", "-c", `/bin/mount.juicefs redis://redis:6379/0 ${hostPath}/juicefs-fuse`],
          securityContext: { privileged: true },
          volumeMounts: [
            { name: "juicefs-fuse-mount", mountPath: hostPath, mountPropagation: "Bidirectional" },
          ],
        },
      ],
      initContainers: [],
      volumes: [{ name: "juicefs-fuse-mount", hostPath: { path: hostPath, type: "DirectoryOrCreate" } }],
      imagePullSecrets: [],
    },
  }),
  serviceAccount: () => undefined,
  pluginProfile: () => undefined,
  volumesOfDriver: () => 0,
  volumesWithHandle: () => [],
  storageClass: () => undefined,
  juicefsConfig: () => undefined,
  juicefsSecret: () => undefined,
  node: () => undefined,
  nodeCount: () => 0,
  nodesLabelled: () => 0,
  nodesLabelledWith: () => 0,
  someNode: () => false,
  nodesWithoutNativeSidecars: () => [],
  serverVersion: () => ({ major: 1, minor: 33 }),
};

/** The cluster that sample reviews are decided by; it never changes. */
export const sampleCluster: Cluster = {
  view,
  refresh: () => Promise.resolve(false),
  close: () => Promise.resolve(),
};

/** A review as the API server sends it: of a pod that mounts the sample's dataset, or `claimName`. */
export function sampleReview(claimName = "data"): string {
  return JSON.stringify({
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: "00000000-0000-0000-0000-000000000000",
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      name: "sample",
      namespace,
      operation: "CREATE",
      object: {
        kind: "Pod",
        apiVersion: "v1",
        metadata: { name: "sample", namespace, labels: { "serverless.fluid.io/inject": "true" } },
        spec: {
          volumes: [
            { name: "data", persistentVolumeClaim: { claimName } },
            { name: "token", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
          ],
          containers: [
            {
              name: "app",
              image: "app",
              env: [{ name: "DATA", value: "/data" }],
              resources: { requests: { cpu: "1", memory: "1Gi" } },
              volumeMounts: [
                { name: "data", mountPath: "/data" },
                { name: "token", readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
              ],
            },
          ],
          restartPolicy: "Always",
          serviceAccountName: "default",
          securityContext: {},
          tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" }],
        },
        status: {},
      },
      oldObject: null,
      dryRun: false,
    },
  });
}
