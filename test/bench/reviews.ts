import type { Pod, Volume } from "kubernetes-types/core/v1";
import { reviewOf } from "../support/review-builder.ts";
import { managedFieldsOf } from "./managed-fields.ts";

/**
 * The body of a review of a training pod in `namespace` that mounts `claims`, as the API server sends it. `review` is its
 * number, from which everything comes that is a replica's own: the uid, the index that the Job gives the pod, the name of
 * the token's volume, and when it was written. Pods with another `rank` in their environment are no replicas.
 */
export function trainingReview(
  namespace: string,
  claims: readonly string[],
  review: number,
  rank = 0,
): string {
  const uid = `1d5f7c0a-4b7e-4c1f-8f0e-${String(review).padStart(12, "0")}`;
  return JSON.stringify(reviewOf(trainingPod(namespace, claims, review, rank), { uid }));
}

/** A worker of a Job: defaulted, with the service account's token and the default tolerations, as admission sees it. */
function trainingPod(namespace: string, claims: readonly string[], review: number, rank: number): Pod {
  const job = "resnet-train-7f9c4";
  const jobUid = "b7a0d3f2-6f1e-4f5a-9a44-0e1f6c9a8d21";
  const mounts = claims.map((claim, index) => ({ name: `dataset-${index}`, mountPath: `/data/${claim}` }));
  const token = {
    name: `kube-api-access-${review.toString(36).padStart(5, "x")}`,
    readOnly: true,
    mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
  };
  const written = {
    metadata: {
      generateName: `${job}-${review}-`,
      namespace,
      labels: {
        app: "resnet-train",
        team: "vision",
        "batch.kubernetes.io/controller-uid": jobUid,
        "batch.kubernetes.io/job-name": job,
        "batch.kubernetes.io/job-completion-index": String(review),
      },
      annotations: { "batch.kubernetes.io/job-completion-index": String(review) },
      ownerReferences: [
        {
          apiVersion: "batch/v1",
          kind: "Job",
          name: job,
          uid: jobUid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      volumes: [
        ...claims.map(
          (claimName, index): Volume => ({ name: `dataset-${index}`, persistentVolumeClaim: { claimName } }),
        ),
        { name: "shm", emptyDir: { medium: "Memory", sizeLimit: "8Gi" } },
        { name: "config", configMap: { name: `${job}-config`, defaultMode: 420 } },
        { name: "scratch", emptyDir: {} },
      ],
      containers: [
        {
          name: "trainer",
          image: "registry.example.com/vision/resnet-train:2026.11.3",
          command: ["torchrun"],
          args: [
            "--nproc-per-node=8",
            "--rdzv-backend=c10d",
            "/app/train.py",
            "--config=/etc/train/config.yaml",
          ],
          ports: [{ name: "metrics", containerPort: 9090, protocol: "TCP" }],
          env: [
            { name: "NCCL_DEBUG", value: "INFO" },
            { name: "RANK", value: String(rank) },
            { name: "OMP_NUM_THREADS", value: "8" },
            {
              name: "POD_NAME",
              valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } },
            },
            { name: "WANDB_API_KEY", valueFrom: { secretKeyRef: { name: "wandb", key: "api-key" } } },
          ],
          resources: {
            limits: { cpu: "32", memory: "256Gi", "nvidia.com/gpu": "8" },
            requests: { cpu: "32", memory: "256Gi", "nvidia.com/gpu": "8" },
          },
          volumeMounts: [
            ...mounts,
            { name: "shm", mountPath: "/dev/shm" },
            { name: "config", mountPath: "/etc/train", readOnly: true },
            { name: "scratch", mountPath: "/scratch" },
          ],
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "File",
          imagePullPolicy: "IfNotPresent",
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
        {
          name: "log-shipper",
          image: "registry.example.com/platform/fluent-bit:3.2.1",
          args: ["-c", "/etc/train/fluent-bit.conf"],
          env: [{ name: "LOG_LEVEL", value: "info" }],
          resources: {
            limits: { cpu: "200m", memory: "128Mi" },
            requests: { cpu: "50m", memory: "64Mi" },
          },
          volumeMounts: [
            { name: "scratch", mountPath: "/scratch", readOnly: true },
            { name: "config", mountPath: "/etc/train", readOnly: true },
          ],
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "File",
          imagePullPolicy: "IfNotPresent",
        },
      ],
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 60,
      dnsPolicy: "ClusterFirst",
      nodeSelector: { "node.kubernetes.io/instance-type": "gn7i" },
      securityContext: { fsGroup: 1000 },
      hostname: `${job}-${review}`,
      schedulerName: "default-scheduler",
    },
  };
  const { metadata, spec } = written;
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { ...metadata, managedFields: managedFieldsOf(written, review) },
    spec: {
      ...spec,
      volumes: [...spec.volumes, tokenVolume(token.name)],
      containers: spec.containers.map((container) => ({
        ...container,
        volumeMounts: [...container.volumeMounts, token],
      })),
      serviceAccountName: "default",
      serviceAccount: "default",
      affinity: {},
      tolerations: [
        { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
        ...["not-ready", "unreachable"].map((condition) => ({
          key: `node.kubernetes.io/${condition}`,
          operator: "Exists",
          effect: "NoExecute",
          tolerationSeconds: 300,
        })),
      ],
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: "PreemptLowerPriority",
    },
    status: {},
  };
}

/** As the ServiceAccount admission plugin adds it. */
function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
          },
        },
      ],
      defaultMode: 420,
    },
  };
}
