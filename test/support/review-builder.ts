/** What of a review may be different from the creation of a pod by kubectl. */
export interface ReviewParts {
  readonly apiVersion?: string;
  readonly uid?: string;
  readonly operation?: string;
  /** Default: the pod's own, else "default". */
  readonly namespace?: string;
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
  readonly resource?: { readonly group: string; readonly version: string; readonly resource: string };
  readonly subResource?: string;
  readonly dryRun?: boolean;
}

export interface AdmissionReview {
  readonly kind: "AdmissionReview";
  readonly apiVersion: string;
  readonly request: Readonly<Record<string, unknown>> & { readonly uid: string; readonly object: unknown };
}

/** The AdmissionReview that kube-apiserver sends for `object`, with the fields in its order. */
export function reviewOf(object: unknown, parts: ReviewParts = {}): AdmissionReview {
  const kind = parts.kind ?? { group: "", version: "v1", kind: "Pod" };
  const resource = parts.resource ?? { group: "", version: "v1", resource: "pods" };
  const { name, namespace } = metadataOf(object);
  const deletes = parts.operation === "DELETE";
  return {
    kind: "AdmissionReview",
    apiVersion: parts.apiVersion ?? "admission.k8s.io/v1",
    request: {
      uid: parts.uid ?? "3f2a5c1e-8d4b-4f6a-9c0d-1e2f3a4b5c6d",
      kind,
      resource,
      ...(parts.subResource === undefined ? {} : { subResource: parts.subResource }),
      requestKind: kind,
      requestResource: resource,
      ...(name === undefined ? {} : { name }),
      namespace: parts.namespace ?? namespace ?? "default",
      operation: parts.operation ?? "CREATE",
      userInfo: { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] },
      object: deletes ? null : object,
      oldObject: deletes || parts.operation === "UPDATE" ? object : null,
      dryRun: parts.dryRun ?? false,
      options: {
        kind: "CreateOptions",
        apiVersion: "meta.k8s.io/v1",
        fieldManager: "kubectl-client-side-apply",
      },
    },
  };
}

function metadataOf(object: unknown): { name?: string; namespace?: string } {
  const metadata =
    typeof object === "object" && object !== null ? Reflect.get(object, "metadata") : undefined;
  if (typeof metadata !== "object" || metadata === null) return {};
  const name: unknown = Reflect.get(metadata, "name");
  const namespace: unknown = Reflect.get(metadata, "namespace");
  return {
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof namespace === "string" ? { namespace } : {}),
  };
}
