import type { Pod } from "kubernetes-types/core/v1";
import type { Cluster, ClusterView } from "../cluster/cluster-view.ts";
import type { Config } from "../config.ts";
import { messageOf } from "../types/error-message.ts";
import { describeRef, type ObjectRef } from "../types/object-ref.ts";
import { decide, hasClaim } from "./decide.ts";
import { type Decision, restsOn } from "./decision.ts";
import { sluice } from "./labels.ts";
import { isPodCreation, type PodRequest } from "./pod-request.ts";
import { readPod } from "./read-pod.ts";
import { select } from "./select.ts";

/** `decide`, as an argument, so that its failures can be tried out. */
export type Decide = (request: PodRequest, cluster: ClusterView, config: Config) => Decision;

export interface ReviewOptions {
  /** Milliseconds that may still be spent on waiting for the cluster. */
  readonly budgetMs: number;
  /** Told of an error in Sluice itself, which the decision then only names. */
  readonly onError: (error: unknown) => void;
  readonly decide?: Decide;
}

/** The longest that fresh reads for one pod may take, in milliseconds, and how many objects are read. */
const longestRefresh = 1_500;
const mostReads = 100;

/**
 * Decides about one pod. A refusal is not believed on the word of a cache: the objects it rests on are read fresh, in
 * bounded time, and the pod is decided about once more, as often as one of them has changed. Never throws: an error in
 * Sluice itself refuses the pod where a dataset may be at stake and lets it go otherwise.
 */
export async function reviewPod(
  request: PodRequest,
  cluster: Cluster,
  config: Config,
  options: ReviewOptions,
): Promise<Decision> {
  const decideOnce = options.decide ?? decide;
  try {
    let budget = Math.min(longestRefresh, options.budgetMs);
    for (;;) {
      const decision = decideOnce(request, cluster.view, config);
      const refs = readsOf(decision);
      if (refs.length === 0 || budget <= 0) return decision;
      const begun = performance.now();
      const changed = await within(budget, cluster.refresh(refs, budget));
      if (!changed) return unlessUnread(decideOnce(request, cluster.view, config), cluster);
      // It may be one of several that are on their way: a claim, then its Dataset, then the client's DaemonSet.
      budget -= performance.now() - begun;
    }
  } catch (error) {
    options.onError(error);
    return failed(request, mayNeedDataset(request, cluster.view, config), error);
  }
}

/** What could not be read is not said to be missing, nor in whatever state it was. */
function unlessUnread(decision: Decision, cluster: Cluster): Decision {
  const refs = readsOf(decision);
  const denied = cluster.denied?.(refs);
  if (denied !== undefined) return mayNotRead(decision, denied);
  if (cluster.doubts?.(refs) !== true) return decision;
  return {
    ...decision,
    unsure: `the API server did not answer when ${refs.map(describeRef).join(", ")} was read`,
  };
}

/** Refuses the pod for our own fault, in place of whatever was found out of `denied`. */
function mayNotRead(decision: Decision, denied: ObjectRef): Decision {
  const code = "may-not-read";
  const what = describeRef(denied);
  const message = `Sluice may not read ${what}: apply the chart or install.yaml again, which gives its ServiceAccount that right; npx sluice check tells what is missing`;
  const unread = decision.findings.filter(({ restsOn = [] }) =>
    restsOn.some((ref) => describeRef(ref) === what),
  );
  const said = new Set(unread.map((finding) => finding.message));
  return {
    ...decision,
    verdict: "rejected",
    volumes: decision.volumes.map((one) => (said.has(one.message) ? { ...one, code, message } : one)),
    findings: [{ code, message }, ...decision.findings.filter((finding) => !unread.includes(finding))],
  };
}

/** The objects that have to be read before the decision is believed; of very many some, for one refusal is enough. */
function readsOf(decision: Decision): ObjectRef[] {
  return isFinal(decision) ? [] : restsOn(decision).slice(0, mostReads);
}

/** A refusal may be wrong, and so may be that a pod asks for nothing; in csi mode nothing else is worth waiting for. */
function isFinal({ verdict, mode }: Decision): boolean {
  return verdict === "injected" || (mode === "csi" && verdict !== "rejected");
}

/** Whether the pod may be meant to be served by us: it asks for sidecar mode and has a claim or an ephemeral volume. */
function mayNeedDataset(request: PodRequest, cluster: ClusterView, config: Config): boolean {
  if (!isPodCreation(request)) return false;
  const reading = readPod(request.object);
  if ("problem" in reading) return false;
  if (!hasClaim(reading.pod)) return false;
  const mode = reading.pod.metadata?.annotations?.[sluice.mode] === "csi" ? "csi" : undefined;
  const namespaceLabels = cluster.namespace(request.namespace)?.labels ?? {};
  const selection = select(reading.pod, namespaceLabels, mode, config, request.way);
  return selection.asks && selection.mode === "sidecar";
}

function failed(request: PodRequest, atStake: boolean, error: unknown): Decision {
  const what = messageOf(error);
  const pod = `${request.namespace}/${podName(request.object)}`;
  return {
    verdict: atStake ? "rejected" : "unchanged",
    volumes: [],
    findings: [
      {
        code: "internal-error",
        message: atStake
          ? `pod ${pod} cannot be given its datasets because of an error in Sluice: try again, and report it with the log line of review ${request.uid} if it stays (${what})`
          : `an error in Sluice; pod ${pod} asks for no dataset and is left as it is (${what})`,
      },
    ],
    edits: [],
    pod: request.object as Pod,
  };
}

/** The pod's name, or its generateName followed by "*", or "". Takes whatever was sent. */
export function podName(object: unknown): string {
  const metadata = partOf(object, "metadata");
  const name = partOf(metadata, "name");
  if (typeof name === "string" && name !== "") return name;
  const generateName = partOf(metadata, "generateName");
  return typeof generateName === "string" && generateName !== "" ? `${generateName}*` : "";
}

function partOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}

/** What `work` comes to, or false when that takes longer than `ms` milliseconds. */
async function within(ms: number, work: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
