/** An object of one of the kinds that are pods or make them. */
export interface NamedObject {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

/** Where the kinds that can be asked about are in the API. */
export const workloads = {
  Pod: { group: "", version: "v1", plural: "pods" },
  ReplicationController: { group: "", version: "v1", plural: "replicationcontrollers" },
  Deployment: { group: "apps", version: "v1", plural: "deployments" },
  ReplicaSet: { group: "apps", version: "v1", plural: "replicasets" },
  StatefulSet: { group: "apps", version: "v1", plural: "statefulsets" },
  DaemonSet: { group: "apps", version: "v1", plural: "daemonsets" },
  Job: { group: "batch", version: "v1", plural: "jobs" },
  CronJob: { group: "batch", version: "v1", plural: "cronjobs" },
} as const;
export type WorkloadKind = keyof typeof workloads;
