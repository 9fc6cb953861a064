import { decideObject } from "../../src/cli/decide-object.ts";
import { parseManifest } from "../../src/cli/read-manifest.ts";
import type { ClusterView } from "../../src/cluster/cluster-view.ts";
import type { RawObject } from "../../src/cluster/raw-fields.ts";
import { defaultConfig } from "../../src/config.ts";

export interface PodOptions {
  readonly namespace?: string;
  readonly claim?: string;
  readonly node?: string;
  readonly phase?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A pod as its user writes it. */
export function plainPod(name: string, options: PodOptions = {}): RawObject {
  const { namespace = "demo", claim = "imagenet", node, phase = "Running", labels = {} } = options;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels, uid: `uid-${name}`, creationTimestamp: "2026-01-02T03:04:05Z" },
    spec: {
      containers: [
        { name: "app", image: "python:3.13", volumeMounts: [{ name: "data", mountPath: "/data" }] },
      ],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: claim } }],
      ...(node !== undefined && { nodeName: node }),
    },
    status: { phase },
  };
}

/** The same as admission makes it; all its containers run. */
export function injectedPod(view: ClusterView, name: string, options: PodOptions = {}): RawObject {
  const { node, ...plain } = options;
  const [object] = parseManifest(JSON.stringify(plainPod(name, plain)));
  if (object === undefined) throw new Error("no pod was read");
  const { decision } = decideObject(object, "demo", view, defaultConfig);
  if (decision?.verdict !== "injected")
    throw new Error(`not injected: ${JSON.stringify(decision?.findings)}`);
  const { metadata, spec = { containers: [] } } = decision.pod;
  const running = (container: { readonly name: string }) => ({
    name: container.name,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: "2026-01-02T03:04:05Z" } },
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { ...spec, ...(node !== undefined && { nodeName: node }) },
    status: {
      phase: options.phase ?? "Running",
      ...(node !== undefined && { conditions: [{ type: "PodScheduled", status: "True" }] }),
      initContainerStatuses: (spec.initContainers ?? []).map(running),
      containerStatuses: spec.containers.map(running),
    },
  };
}
