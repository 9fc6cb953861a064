import type { Pod } from "kubernetes-types/core/v1";
import type { Decision } from "../../admission/decision.ts";
import type { ClusterView } from "../../cluster/cluster-view.ts";
import { fieldAt, objectsAt, type RawObject, textMapAt } from "../../cluster/raw-fields.ts";
import { cacheLabel } from "../../datasets/fluid/cache-label.ts";
import type { ClientEvidence } from "../../pod/client-judgement.ts";
import { type ClientStatus, readClientStates } from "../../pod/client-state.ts";
import { takeOut } from "../../pod/take-out/take-out.ts";
import { version } from "../../version.ts";
import { type DecidingState, decideNow } from "./decide-now.ts";
import { findDrift } from "./find-drift.ts";
import { readStanding, type Standing } from "./standing.ts";

/** How a pod of the cluster stands. */
export interface PodReport {
  readonly kind: "Pod";
  readonly namespace: string;
  readonly name: string;
  readonly stands: Standing;
  readonly node?: NodeReport;
  readonly clients: readonly ClientStatus[];
  /** What would be decided now; absent where that cannot be told, which `unknown` explains. */
  readonly now?: Decision;
  readonly unknown: readonly string[];
  /** In what the pod differs from what would be decided now. */
  readonly drift: readonly string[];
}

export interface NodeReport {
  readonly name: string;
  /** False where it could not be read, or is gone. */
  readonly found: boolean;
  /** Undefined where nothing is said of it. */
  readonly ready?: boolean;
  readonly caches: readonly { readonly dataset: string; readonly label: string; readonly holds: boolean }[];
}

/** What is known of a pod. */
export interface PodFacts {
  readonly pod: Pod;
  readonly namespace: string;
  /** The node that it is on; undefined where there is none, or it could not be read. */
  readonly node?: RawObject | undefined;
  readonly evidence?: ClientEvidence | undefined;
}

/** How a pod stands, against what would be decided now. */
export function reportPod(facts: PodFacts, state: DecidingState): PodReport {
  const { pod, namespace, evidence } = facts;
  const stands = readStanding(pod);
  const bare = asCreated(pod);
  const now = "pod" in bare ? decideNow(bare.pod, namespace, false, state) : undefined;
  const node = reportNode(facts, now, state.view);
  return {
    kind: "Pod",
    namespace,
    name: pod.metadata?.name ?? "",
    stands,
    ...(node === undefined ? {} : { node }),
    clients: readClientStates(pod, evidence),
    ...(now === undefined ? {} : { now }),
    unknown: "pod" in bare ? [] : bare.unknown,
    drift: now === undefined ? [] : findDrift(pod, stands, now, version),
  };
}

/** A pod as it was before admission and the scheduler, and without what its life has left in it; or why it is not known. */
export function asCreated(pod: Pod): { readonly pod: Pod } | { readonly unknown: readonly string[] } {
  const bare = takeOut(pod);
  if (bare.blocking.length > 0) return { unknown: bare.blocking };
  const { status, spec, ...rest } = bare.pod;
  const { nodeName, ...unplaced } = spec ?? { containers: [] };
  const byScheduler = status?.conditions?.some(({ type }) => type === "PodScheduled") ?? false;
  const placed = nodeName === undefined || byScheduler ? unplaced : { ...unplaced, nodeName };
  return { pod: { ...rest, spec: placed } };
}

function reportNode(
  { pod, node }: PodFacts,
  now: Decision | undefined,
  view: ClusterView,
): NodeReport | undefined {
  const name = pod.spec?.nodeName;
  if (!name) return undefined;
  const labels = textMapAt(node, "metadata", "labels");
  const ready = objectsAt(node, "status", "conditions").find(
    (condition) => fieldAt(condition, "type") === "Ready",
  );
  const known = cacheLabels(now, view);
  return {
    name,
    found: node !== undefined,
    ...(ready === undefined ? {} : { ready: fieldAt(ready, "status") === "True" }),
    caches:
      node === undefined
        ? []
        : known.map(({ dataset, label }) => ({ dataset, label, holds: labels[label] === "true" })),
  };
}

/** The labels of nodes with the caches of the pod's datasets. */
function cacheLabels(
  now: Decision | undefined,
  view: ClusterView,
): readonly { readonly dataset: string; readonly label: string }[] {
  const datasets = [...new Set((now?.volumes ?? []).flatMap(({ dataset }) => dataset ?? []))];
  return datasets.flatMap((dataset) => {
    const [namespace = "", name = ""] = dataset.split("/");
    const label = cacheLabel(view, namespace, name);
    return label === undefined ? [] : [{ dataset, label }];
  });
}
