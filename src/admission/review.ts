import type { Pod } from "kubernetes-types/core/v1";
import type { Cluster, ClusterView } from "../cluster/cluster-view.ts";
import type { Config } from "../config.ts";
import { decide } from "./decide.ts";
import { type Decision, restsOn } from "./decision.ts";
import type { PodRequest } from "./pod-request.ts";
import { readPod } from "./read-pod.ts";

/** `decide`, as an argument, so that its failures can be tried out. */
export type Decide = (request: PodRequest, cluster: ClusterView, config: Config) => Decision;

export interface ReviewOptions {
  /** Milliseconds that may still be spent on waiting for the cluster. */
  readonly budgetMs: number;
  /** Told of an error in Sluice itself, which the decision then only names. */
  readonly onError: (error: unknown) => void;
  readonly decide?: Decide;
}

/** The longest that fresh reads for one pod may take, in milliseconds. */
const longestRefresh = 1_500;

/**
 * Decides about one pod. A refusal is not believed on the word of a cache: the objects it rests on are read fresh, in
 * bounded time, and the pod is decided about once more. Never throws: an error in Sluice itself refuses the pod where
 * a dataset may be at stake and lets it go otherwise.
 */
export async function reviewPod(
  request: PodRequest,
  cluster: Cluster,
  config: Config,
  options: ReviewOptions,
): Promise<Decision> {
  const decideOnce = options.decide ?? decide;
  try {
    const decision = decideOnce(request, cluster.view, config);
    if (decision.verdict !== "rejected") return decision;
    const refs = restsOn(decision);
    const budget = Math.min(longestRefresh, options.budgetMs);
    if (refs.length === 0 || budget <= 0) return decision;
    await within(budget, cluster.refresh(refs, budget));
    return decideOnce(request, cluster.view, config);
  } catch (error) {
    options.onError(error);
    return decideWithoutDecision(request, cluster.view, error);
  }
}

/**
 * Whether the pod could be meant to get a dataset from us: it has a claim or an ephemeral volume, and the pod or its
 * namespace asks for injection.
 */
export function mayNeedDataset(request: PodRequest, cluster: ClusterView): boolean {
  if (request.operation !== "CREATE" || request.kind !== "/v1/Pod" || request.subResource !== "")
    return false;
  const reading = readPod(request.object);
  if ("problem" in reading) return false;
  const { metadata, spec } = reading.pod;
  const claims = spec?.volumes?.some((volume) => volume.persistentVolumeClaim ?? volume.ephemeral) ?? false;
  if (!claims) return false;
  const labels = metadata?.labels ?? {};
  return (
    labels["sluice.io/inject"] === "true" ||
    labels["serverless.fluid.io/inject"] === "true" ||
    labels["fuse.sidecar.fluid.io/inject"] === "true" ||
    cluster.namespace(request.namespace)?.labels["sluice.io/injection"] === "enabled"
  );
}

function decideWithoutDecision(request: PodRequest, cluster: ClusterView, error: unknown): Decision {
  const atStake = mayNeedDataset(request, cluster);
  const what = error instanceof Error ? error.message : String(error);
  const podName = nameOf(request);
  return {
    verdict: atStake ? "rejected" : "unchanged",
    volumes: [],
    findings: [
      {
        code: "internal-error",
        message: atStake
          ? `pod ${podName} cannot be given its datasets because of an error in Sluice: try again, and report it with the log line of review ${request.uid} if it stays (${what})`
          : `an error in Sluice; pod ${podName} asks for no dataset and is left as it is (${what})`,
      },
    ],
    edits: [],
    pod: request.object as Pod,
  };
}

/** "namespace/name" for messages; pods of controllers have no name yet, only a generateName. */
export function nameOf(request: PodRequest): string {
  return `${request.namespace}/${podName(request.object)}`;
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

/** Waits for `work`, but no longer than `ms` milliseconds. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
