/** Where the kinds that are pods or make them are in the API. Kubernetes: kubectl api-resources. */
export const workloads = {
  Pod: { group: "", version: "v1", plural: "pods" },
  Deployment: { group: "apps", version: "v1", plural: "deployments" },
  StatefulSet: { group: "apps", version: "v1", plural: "statefulsets" },
  DaemonSet: { group: "apps", version: "v1", plural: "daemonsets" },
  ReplicationController: { group: "", version: "v1", plural: "replicationcontrollers" },
  ReplicaSet: { group: "apps", version: "v1", plural: "replicasets" },
  Job: { group: "batch", version: "v1", plural: "jobs" },
  CronJob: { group: "batch", version: "v1", plural: "cronjobs" },
} as const;
export type WorkloadKind = keyof typeof workloads;

/** A pod, or what makes pods. */
export interface NamedWorkload {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}
