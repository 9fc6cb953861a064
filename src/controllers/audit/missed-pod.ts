import { decide } from "../../admission/decide.ts";
import type { Decision, VolumeOutcome } from "../../admission/decision.ts";
import { creationOf } from "../../admission/pod-request.ts";
import { reasonOf } from "../../cluster/api-error.ts";
import type { ClusterView } from "../../cluster/cluster-view.ts";
import { fieldAt, isRawObject, objectsAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";
import type { Config } from "../../config.ts";
import { type ReasonCode, reasonInfo } from "../../types/reason.ts";
import { makerOf, type PodMaker, remedyFor } from "./pod-maker.ts";

/** A pod that asks for its datasets and runs without a client for them. */
export interface MissedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** As Kubernetes writes it. */
  readonly created: string;
  readonly maker: PodMaker;
  /** What it mounts and nobody serves: "Dataset demo/imagenet". */
  readonly mounts: readonly string[];
  /** Why it would be refused if it were created now; undefined where it would be given its clients. */
  readonly refusal: string | undefined;
  readonly remedy: string;
  /** It was made by a restart of ours. */
  readonly restarted: boolean;
}

/** On the pods of a workload that was restarted for its missed pods: written into its template. */
export const restartedForAnnotation = "sluice.io/restarted-for";

/** Of these it is not known whether they are about a dataset at all. */
const saysNothing: ReadonlySet<ReasonCode> = new Set([
  "claim-not-found",
  "claim-being-deleted",
  "claim-not-bound",
  "claim-waits-for-consumer",
  "volume-not-found",
  "volume-of-other-claim",
]);

/**
 * Judges a pod as the API server has it: `decide` is asked about it as if it were created now. Undefined for a pod that
 * has ended or is about to, that asks for nothing, whose datasets are served or left to the CSI driver, or that mounts none.
 */
export function judgeMissed(raw: RawObject, cluster: ClusterView, config: Config): MissedPod | undefined {
  const phase = textAt(raw, "status", "phase");
  if (phase === "Succeeded" || phase === "Failed") return undefined;
  if (fieldAt(raw, "metadata", "deletionTimestamp") !== undefined) return undefined;
  if (!hasClaim(raw)) return undefined;
  const namespace = textAt(raw, "metadata", "namespace") ?? "";
  const name = textAt(raw, "metadata", "name") ?? "";
  if (config.controllers.audit.excludedNamespaces.includes(namespace)) return undefined;

  const decision = ask(raw, namespace, cluster, config);
  const missed = missedVolumes(decision, () => ask(withoutAnnotations(raw), namespace, cluster, config));
  if (missed.length === 0) return undefined;
  const maker = makerOf(raw);
  const remedy = remedyFor(maker, namespace, name);
  return {
    namespace,
    name,
    uid: textAt(raw, "metadata", "uid") ?? "",
    created: textAt(raw, "metadata", "creationTimestamp") ?? "",
    maker,
    mounts: [...new Set(missed.map((volume) => volume.title ?? titleOf(raw, namespace, volume.volume)))],
    refusal: decision.verdict === "rejected" ? decision.findings[0]?.message : undefined,
    remedy,
    restarted: textAt(raw, "metadata", "annotations", restartedForAnnotation) !== undefined,
  };
}

/** Only such pods are ever sent to the webhook. (manifests/chart: sluice.claimOrClient) */
function hasClaim(raw: RawObject): boolean {
  return objectsAt(raw, "spec", "volumes").some(
    (volume) => isRawObject(volume["persistentVolumeClaim"]) || isRawObject(volume["ephemeral"]),
  );
}

function ask(object: RawObject, namespace: string, cluster: ClusterView, config: Config): Decision {
  try {
    return decide(creationOf(object, namespace, false), cluster, config);
  } catch (error) {
    // One pod that Sluice itself cannot cope with keeps no other from being looked at.
    const findings = [{ code: "internal-error" as const, message: reasonOf(error) }];
    return { verdict: "rejected", volumes: [], findings, edits: [], pod: {} };
  }
}

/** The volumes that a client would serve, or for want of which the pod would be refused. */
function missedVolumes(decision: Decision, askPlainly: () => Decision): readonly VolumeOutcome[] {
  const { verdict, volumes } = decision;
  if (verdict === "injected") return volumes.filter(({ code }) => code === "injected");
  if (verdict === "unchanged") return [];
  if (volumes.length > 0) return volumes.filter(isOfDataset);
  // What it asks for by its annotations cannot be understood, so nobody has looked at its volumes.
  const plain = askPlainly();
  return plain.verdict === "injected" || plain.volumes.length > 0 ? missedVolumes(plain, () => plain) : [];
}

function isOfDataset({ dataset, code }: VolumeOutcome): boolean {
  if (dataset !== undefined) return code !== "already-injected" && code !== "not-mounted";
  return reasonInfo(code).level === "refusal" && !saysNothing.has(code);
}

function withoutAnnotations(raw: RawObject): RawObject {
  const { annotations: _, ...metadata } = Object(raw["metadata"]);
  return { ...raw, metadata };
}

function titleOf(raw: RawObject, namespace: string, volume: string): string {
  const found = objectsAt(raw, "spec", "volumes").find((one) => one["name"] === volume);
  const claim = textAt(found, "persistentVolumeClaim", "claimName");
  return claim === undefined ? `volume ${volume}` : `claim ${namespace}/${claim}`;
}
