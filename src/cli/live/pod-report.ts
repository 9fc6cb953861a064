import type { Pod } from "kubernetes-types/core/v1";
import type { Decision } from "../../admission/decision.ts";
import { fieldAt, objectsAt, textMapAt } from "../../cluster/raw-fields.ts";
import { cacheLabel } from "../../datasets/fluid/cache-label.ts";
import { type ClientStatus, readClientStates } from "../../pod/client-state.ts";
import { findClients } from "../../pod/find-clients.ts";
import { takeOut } from "../../pod/take-out/take-out.ts";
import { version } from "../../version.ts";
import { findDrift } from "./find-drift.ts";
import type { LiveSession } from "./live-session.ts";
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

export async function reportPod(pod: Pod, namespace: string, session: LiveSession): Promise<PodReport> {
  const standing = readStanding(pod);
  const clients = findClients(pod);
  const bare = takeOut(pod);
  const [now, evidence] = await Promise.all([
    bare.blocking.length > 0 ? undefined : session.decide(unscheduled(bare.pod), namespace, false),
    clients.length === 0 ? undefined : session.evidence(pod, clients),
  ]);
  const node = await reportNode(pod, now, session);
  return {
    kind: "Pod",
    namespace,
    name: pod.metadata?.name ?? "",
    stands: standing,
    ...(node === undefined ? {} : { node }),
    clients: evidence === undefined ? [] : readClientStates(pod, evidence),
    ...(now === undefined ? {} : { now }),
    unknown: bare.blocking,
    drift: now === undefined ? [] : findDrift(pod, standing, now, version),
  };
}

/** As it was before the scheduler chose a node, and without what its life has left in it. */
function unscheduled(pod: Pod): Pod {
  const { status: _status, spec, ...rest } = pod;
  const { nodeName, ...unplaced } = spec ?? { containers: [] };
  const byScheduler = pod.status?.conditions?.some(({ type }) => type === "PodScheduled") ?? false;
  return { ...rest, spec: nodeName === undefined || byScheduler ? unplaced : { ...unplaced, nodeName } };
}

async function reportNode(
  { spec }: Pod,
  now: Decision | undefined,
  session: LiveSession,
): Promise<NodeReport | undefined> {
  const name = spec?.nodeName;
  if (!name) return undefined;
  const raw = await session.get(`Node ${name}`, `/api/v1/nodes/${encodeURIComponent(name)}`);
  const labels = textMapAt(raw, "metadata", "labels");
  const ready = objectsAt(raw, "status", "conditions").find(
    (condition) => fieldAt(condition, "type") === "Ready",
  );
  const known = await cacheLabels(now, session);
  return {
    name,
    found: raw !== undefined,
    ...(ready === undefined ? {} : { ready: fieldAt(ready, "status") === "True" }),
    caches:
      raw === undefined
        ? []
        : known.map(({ dataset, label }) => ({ dataset, label, holds: labels[label] === "true" })),
  };
}

/** The labels of nodes with the caches of the pod's datasets. */
export async function cacheLabels(
  now: Decision | undefined,
  session: LiveSession,
): Promise<readonly { readonly dataset: string; readonly label: string }[]> {
  const datasets = [...new Set((now?.volumes ?? []).flatMap(({ dataset }) => dataset ?? []))];
  return session.cluster.settle((view) =>
    datasets.flatMap((dataset) => {
      const [namespace = "", name = ""] = dataset.split("/");
      const label = cacheLabel(view, namespace, name);
      return label === undefined ? [] : [{ dataset, label }];
    }),
  );
}
