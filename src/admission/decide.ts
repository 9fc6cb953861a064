import type { Pod } from "kubernetes-types/core/v1";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { Config } from "../config.ts";
import { missingParts } from "../pod/sidecar-obstacles.ts";
import { allContainers } from "../types/pod-containers.ts";
import type { Finding } from "../types/reason.ts";
import { reject, unchanged } from "./conclude.ts";
import type { Decision } from "./decision.ts";
import { fluid, juicefs } from "./labels.ts";
import { readPodOptions } from "./pod-options.ts";
import { isPodCreation, type PodRequest } from "./pod-request.ts";
import { prepareForCsi } from "./prepare-for-csi.ts";
import type { Question } from "./question.ts";
import { readPod } from "./read-pod.ts";
import { type Selection, select } from "./select.ts";
import { serveBySidecars } from "./serve-by-sidecars.ts";
import { type Steps, stepsOf } from "./steps.ts";

/**
 * Decides about one pod: does it ask for datasets and how; which of its volumes are datasets and what serves each;
 * where will it run and what is allowed there; what is changed. One synchronous pure function over one state of the
 * cluster; it throws only where Sluice itself is at fault.
 */
export function decide(request: PodRequest, cluster: ClusterView, config: Config): Decision {
  if (!isPodCreation(request))
    return unchanged(request.object as Pod, [
      { code: "not-a-pod-creation", message: `${request.operation} of ${request.resource} is not looked at` },
    ]);
  const reading = readPod(request.object);
  if ("problem" in reading)
    return reject(request.object as Pod, [
      { code: "invalid-pod", message: `not a valid pod: ${reading.problem}` },
    ]);
  const { pod } = reading;
  const misplaced = checkNamespace(pod, request.namespace);
  if (misplaced !== undefined) return reject(pod, [misplaced]);

  const namespace = cluster.namespace(request.namespace);
  const { options, problem } = readPodOptions(pod);
  const selection = select(pod, namespace?.labels ?? {}, options.mode, config, request.way);
  if (!selection.asks) {
    // A namespace that is as new as its pod may opt in without our knowing it yet.
    const unsure = namespace === undefined && selection.finding.code === "not-opted-in" && hasClaim(pod);
    const restsOn = unsure ? { restsOn: [{ kind: "Namespace", name: request.namespace }] } : {};
    return unchanged(pod, [{ ...selection.finding, ...restsOn }]);
  }
  if (problem !== undefined) return reject(pod, [problem, ...selection.findings]);
  const skips = skippedBy(pod, selection);
  if (skips !== undefined && (skips === fluid.done || !selection.fluid))
    return unchanged(pod, [leftover(skips)]);

  const steps = stepsOf(selection.mode, cluster, config);
  const leftOut = isLeftOut(selection, steps);
  const findings = [
    ...selection.findings,
    ...(skips === undefined ? [] : [leftover(skips)]),
    ...(leftOut ? [clientsLeftOut(steps)] : []),
  ];
  const question = {
    pod,
    namespace: request.namespace,
    cluster,
    config,
    options,
    selection: { ...selection, ...(skips === undefined ? {} : { juicefs: undefined }), findings },
    steps,
    fromTemplate: request.fromTemplate ?? false,
  };
  return selection.mode === "csi" || leftOut ? prepareForCsi(question) : serveBySidecars(question);
}

/** Whoever wrote Fluid's profile leaves the claims to the CSI driver; who asks Sluice itself for clients gets them. */
function isLeftOut({ mode, fluidLabel, juicefs }: Question["selection"], { withDataset }: Steps): boolean {
  return mode === "sidecar" && fluidLabel && juicefs === undefined && !withDataset.includes("FuseSidecar");
}

function clientsLeftOut({ by }: Steps): Finding {
  const message = `no client is put into the pod, for ${by} lists no FuseSidecar under serverless.withDataset: list it, or take the profile away`;
  return { code: "clients-left-out", message };
}

function checkNamespace(pod: Pod, requested: string): Finding | undefined {
  const stated = pod.metadata?.namespace;
  if (requested === "")
    return { code: "namespace-mismatch", message: "the request names no namespace for the pod" };
  if (stated === undefined || stated === "" || stated === requested) return undefined;
  return {
    code: "namespace-mismatch",
    message: `the pod states namespace ${stated}, but is created in namespace ${requested}: make them agree`,
  };
}

/** Whether a volume of the pod may be a dataset: a claim, or one that is made with the pod. */
export function hasClaim({ spec }: Pod): boolean {
  return spec?.volumes?.some((volume) => volume.persistentVolumeClaim ?? volume.ephemeral) ?? false;
}

/** The mark by which one of the other webhooks would skip the pod, Fluid's first. */
function skippedBy(
  pod: Pod,
  { fluid: asksFluid, juicefs: ask }: Extract<Selection, { asks: true }>,
): string | undefined {
  if (asksFluid && isLeftover(pod, fluid.done, "fluid-fuse")) return fluid.done;
  return ask !== undefined && isLeftover(pod, juicefs.done, "jfs-mount") ? juicefs.done : undefined;
}

function leftover(mark: string): Finding {
  const message = `the pod carries ${mark}=true, so it is left as it is, yet no client is in it: remove that label if the pod is a copy`;
  return { code: "marked-done", message };
}

/**
 * The other webhooks' own mark on a pod without any client says "skip", as it does to them; on a pod with clients it is
 * not heeded.
 */
function isLeftover(pod: Pod, mark: string, client: string): boolean {
  if (pod.metadata?.labels?.[mark] !== "true") return false;
  const containers = allContainers(pod);
  if (containers.some((container) => container.name.startsWith(client))) return false;
  return missingParts(pod, new Set()).length === 0;
}
