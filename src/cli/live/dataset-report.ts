import type { Pod } from "kubernetes-types/core/v1";
import type { Decision, VolumeOutcome } from "../../admission/decision.ts";
import { sluice } from "../../admission/labels.ts";
import type { ClusterView, Dataset } from "../../cluster/cluster-view.ts";
import { cacheLabel } from "../../datasets/fluid/cache-label.ts";
import { type ClientStatus, readClientStates } from "../../pod/client-state.ts";
import { containersOf } from "../../pod/containers.ts";

/** How a claim, or the Dataset behind it, stands: what serves it, where its cache is, who uses it. */
export interface DatasetReport {
  readonly kind: "PersistentVolumeClaim" | "Dataset";
  readonly namespace: string;
  readonly name: string;
  readonly dataset?: Dataset;
  /** What would become of a pod that mounts the claim and asks for a client. */
  readonly outcome: VolumeOutcome;
  readonly client?: ClientSummary;
  readonly cache?: { readonly label: string; readonly nodes: readonly string[] };
  readonly pods: readonly PodUse[];
}

export interface ClientSummary {
  readonly container: string;
  readonly image: string;
  /** What it is made from, in words. */
  readonly madeFrom: string;
  readonly resources: unknown;
}

export interface PodUse {
  readonly name: string;
  readonly node?: string;
  /** How its client is; absent where the pod mounts the claim itself. */
  readonly client?: Pick<ClientStatus, "container" | "state" | "code" | "message">;
}

/** Where a report about a claim comes from. */
export interface DatasetSource {
  decide(pod: Pod, namespace: string): Promise<Decision>;
  ask<T>(question: (view: ClusterView) => T): Promise<T>;
  /** Names of the nodes that carry `label=true`. */
  nodesWith(label: string): Promise<readonly string[]>;
  /** The namespace's pods that have not ended. */
  pods(namespace: string): Promise<readonly Pod[]>;
}

/** A Dataset's claim has its name. (Fluid: docs, Dataset.) Undefined where there is neither. */
export async function reportDataset(
  kind: DatasetReport["kind"],
  namespace: string,
  name: string,
  source: DatasetSource,
): Promise<DatasetReport | undefined> {
  const { dataset, label, exists } = await source.ask((view) => {
    const found = view.dataset(namespace, name);
    const claim = view.claim(namespace, name);
    return {
      dataset: found,
      label: cacheLabel(view, namespace, name),
      exists: kind === "Dataset" ? found !== undefined : claim !== undefined,
    };
  });
  if (!exists) return undefined;
  const decision = await source.decide(podThatMounts(namespace, name), namespace);
  const [outcome] = decision.volumes;
  const [finding] = decision.findings;
  const summary = clientOf(decision, outcome?.client);
  const [nodes, pods] = await Promise.all([
    label === undefined ? [] : source.nodesWith(label),
    source.pods(namespace),
  ]);
  return {
    kind,
    namespace,
    name,
    ...(dataset === undefined ? {} : { dataset }),
    outcome: outcome ?? {
      volume: "data",
      code: finding?.code ?? "not-opted-in",
      message: finding?.message ?? "",
    },
    ...(summary === undefined ? {} : { client: summary }),
    ...(label === undefined ? {} : { cache: { label, nodes } }),
    pods: pods.flatMap((pod) => useOf(pod, name) ?? []),
  };
}

function podThatMounts(namespace: string, claimName: string): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, generateName: "any-", labels: { [sluice.inject]: "true" } },
    spec: {
      containers: [{ name: "app", image: "app", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName } }],
    },
  };
}

function clientOf({ pod, edits }: Decision, name: string | undefined): ClientSummary | undefined {
  const found = containersOf(pod).find(({ container }) => container.name === name);
  if (found === undefined) return undefined;
  const { image = "", resources } = found.container;
  const why = edits.find(
    ({ operation }) => "value" in operation && isNamed(operation.value, found.container.name),
  )?.why;
  const madeFrom = /made from (.*)$/.exec(why ?? "")?.[1] ?? "";
  return { container: found.container.name, image, madeFrom, resources };
}

function isNamed(value: unknown, name: string): boolean {
  const candidates = Array.isArray(value) ? value : [value];
  return candidates.some(
    (one) => typeof one === "object" && one !== null && "name" in one && one.name === name,
  );
}

function useOf(pod: Pod, claim: string): PodUse | undefined {
  const node = pod.spec?.nodeName;
  const place = { name: pod.metadata?.name ?? "", ...(node === undefined ? {} : { node }) };
  const client = readClientStates(pod).find(({ claims }) => claims.includes(claim));
  if (client !== undefined) {
    const { container, state, code, message } = client;
    return { ...place, client: { container, state, code, message } };
  }
  const mounts = pod.spec?.volumes?.some(({ persistentVolumeClaim: of }) => of?.claimName === claim) ?? false;
  return mounts ? place : undefined;
}
