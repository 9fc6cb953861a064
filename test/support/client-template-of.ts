import type { Container } from "kubernetes-types/core/v1";
import type { ClientPlan } from "../../src/pod/client-plan.ts";
import type { ClientTemplate } from "../../src/types/dataset-volume.ts";

/** A client's template with its usual parts; `container` replaces parts of its container. */
export function clientTemplateOf(
  container: Partial<Container> = {},
  parts: Partial<ClientTemplate> = {},
): ClientTemplate {
  return {
    source: { kind: "DaemonSet", namespace: "default", name: "data-fuse" },
    container: {
      name: "juicefs-fuse",
      image: "juicefs:1",
      command: ["sh", "-c"],
      args: ["juicefs mount $(URL) /mnt/data"],
      volumeMounts: [
        { name: "shared", mountPath: "/mnt", mountPropagation: "Bidirectional" },
        { name: "script", mountPath: "/script" },
      ],
      ...container,
    },
    volumes: [{ name: "script", configMap: { name: "data-script" } }],
    imagePullSecrets: [],
    sharedMount: { volumeName: "shared", mountPath: "/mnt" },
    mountPath: "/mnt/data",
    fileSystems: ["fuse"],
    writesBack: false,
    dropped: [],
    scrapesMetrics: false,
    ...parts,
  };
}

/** A plan to serve claim `data` by that template. */
export function clientPlanOf(parts: Partial<ClientPlan> = {}): ClientPlan {
  const fallback = { requests: { cpu: "100m", memory: "1Mi" }, limits: { cpu: "2", memory: "2Gi" } };
  return {
    name: "fluid-fuse-0",
    number: 0,
    attendant: "sluice-views-0",
    claims: [{ name: "data", subPath: "", readOnly: false }],
    template: clientTemplateOf(),
    label: "Dataset default/data",
    native: true,
    stop: "detach",
    stopSeconds: 25,
    holdSeconds: 0,
    asked: { requests: {}, limits: {} },
    fallback,
    gateSeconds: 3,
    ...parts,
  };
}
