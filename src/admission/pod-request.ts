import type { JuicefsWay } from "./select-juicefs.ts";

/** What of an AdmissionReview's request a decision is made from. */
export interface PodRequest {
  readonly uid: string;
  /** "CREATE", "UPDATE", … */
  readonly operation: string;
  /** "group/version/kind", "/v1/Pod" for pods. */
  readonly kind: string;
  /** "group/version/resource", "/v1/pods" for pods. */
  readonly resource: string;
  readonly subResource: string;
  /** Where the pod is created; the pod itself may leave its namespace empty. */
  readonly namespace: string;
  readonly dryRun: boolean;
  /** The pod as the API server sent it: raw JSON, never changed by anybody. */
  readonly object: unknown;
  /** It came by one of the paths of the JuiceFS CSI driver's webhook. */
  readonly way?: JuicefsWay;
  /** The pod is a workload's template, so the API server has not filled it in yet. */
  readonly fromTemplate?: boolean;
}

/**
 * The request by which the API server would ask about `object` if it were created in `namespace` now.
 * `fromTemplate`: it has not been through the API server yet.
 */
export function creationOf(object: unknown, namespace: string, fromTemplate: boolean): PodRequest {
  return {
    uid: "",
    operation: "CREATE",
    kind: "/v1/Pod",
    resource: "/v1/pods",
    subResource: "",
    namespace,
    dryRun: true,
    object,
    fromTemplate,
  };
}

/** Everything else is let through as it is. */
export function isPodCreation({ operation, kind, subResource }: PodRequest): boolean {
  return operation === "CREATE" && kind === "/v1/Pod" && subResource === "";
}
