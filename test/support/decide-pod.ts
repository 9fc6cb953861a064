import type { Pod } from "kubernetes-types/core/v1";
import { decide } from "../../src/admission/decide.ts";
import type { Decision } from "../../src/admission/decision.ts";
import type { PodRequest } from "../../src/admission/pod-request.ts";
import type { ClusterView } from "../../src/cluster/cluster-view.ts";
import { type Config, defaultConfig } from "../../src/config.ts";
import { type ClusterObjects, clusterOf } from "./cluster-of.ts";
import { type FluidDataset, objectsOf } from "./fluid-dataset.ts";

/** The request of a pod's creation in namespace default. */
export function creationOf(object: unknown, parts: Partial<PodRequest> = {}): PodRequest {
  return {
    uid: "3f2a5c1e-8d4b-4f6a-9c0d-1e2f3a4b5c6d",
    operation: "CREATE",
    kind: "/v1/Pod",
    resource: "/v1/pods",
    subResource: "",
    namespace: "default",
    dryRun: false,
    object,
    ...parts,
  };
}

/** A cluster of these datasets whose namespace default opts in, and which has no nodes. */
export function optedInCluster(datasets: readonly FluidDataset[], more: ClusterObjects = {}): ClusterView {
  return clusterOf({
    namespaces: [{ name: "default", labels: { "sluice.io/injection": "enabled" }, annotations: {} }],
    ...objectsOf(...datasets),
    ...more,
  });
}

/** Decides about the creation of `object`; some keys of the default configuration may be replaced. */
export function decidePod(
  object: unknown,
  cluster: ClusterView,
  config: Partial<Config> = {},
  request: Partial<PodRequest> = {},
): Decision {
  return decide(creationOf(object, request), cluster, { ...defaultConfig, ...config });
}

/** The codes of all findings, in their order. */
export function codesOf(decision: Decision): string[] {
  return decision.findings.map((finding) => finding.code);
}

/** A pod with one container `app` that mounts each claim at `/<claim>`; `spec` replaces parts of its spec. */
export function podWith(claims: readonly string[], spec: Partial<NonNullable<Pod["spec"]>> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "train", namespace: "default" },
    spec: {
      containers: [
        {
          name: "app",
          image: "app:1",
          volumeMounts: claims.map((claim) => ({ name: claim, mountPath: `/${claim}` })),
        },
      ],
      volumes: claims.map((claim) => ({ name: claim, persistentVolumeClaim: { claimName: claim } })),
      ...spec,
    },
  };
}
