import type { PreferredSchedulingTerm } from "kubernetes-types/core/v1";
import { PodEditor } from "../pod/pod-editor.ts";
import type { Finding } from "../types/reason.ts";
import { applySteering } from "./apply-steering.ts";
import { bySeverity, unchanged } from "./conclude.ts";
import type { Decision, VolumeOutcome } from "./decision.ts";
import { platformOf, type Question } from "./question.ts";
import { whyNotSteered } from "./steer.ts";
import { isMetByNone } from "./steering.ts";

// Fluid: pkg/webhook/plugins/prefernodeswithoutcache; its controllers count a node's datasets in this label.
const nodesWithoutCache = { key: "fluid.io/dataset-num", operator: "DoesNotExist" };
const preference: PreferredSchedulingTerm = {
  weight: 100,
  preference: { matchExpressions: [nodesWithoutCache] },
};

/**
 * What is done with a pod that asks and has no dataset: one that asks by a label of Fluid's is kept off the nodes that
 * hold caches, where PreferNodesWithoutCache is among the steps; any other stays as it is.
 */
export function withoutDataset(question: Question, volumes: readonly VolumeOutcome[]): Decision {
  const { pod, selection, steps } = question;
  const { mode } = selection;
  const none: Finding = { code: "no-dataset", message: "no volume of the pod belongs to a dataset" };
  if (!steps.withoutDataset.includes("PreferNodesWithoutCache") || !selection.fluidLabel)
    return unchanged(pod, [none], volumes, { mode });
  const why = whyLeftAlone(question);
  if (why !== undefined)
    return unchanged(pod, [none, { code: "cache-not-steered", message: why }], volumes, { mode });
  const editor = new PodEditor(pod);
  applySteering(
    editor,
    { preferred: [preference], required: [] },
    "keeps a pod without datasets off cache nodes",
  );
  const message = `prefers nodes that hold no cache (no label ${nodesWithoutCache.key}, weight 100)`;
  return {
    verdict: editor.edits.length === 0 ? "unchanged" : "injected",
    mode,
    volumes,
    findings: bySeverity([...selection.findings, none, { code: "cache-avoided", message }]),
    edits: editor.edits,
    pod: editor.pod,
  };
}

function whyLeftAlone(question: Question): string | undefined {
  const { pod, cluster, config, options } = question;
  const detected = platformOf(question, { clients: false });
  if ("problem" in detected) return detected.problem.message;
  const choice = options.cacheAffinity ?? config.cacheAffinity;
  const why = whyNotSteered(pod, detected.platform);
  if (why !== undefined) return `not steered away from caches: ${why}`;
  if (choice === "none") return "not steered away from caches: cache affinity is set to none";
  return isMetByNone(nodesWithoutCache, cluster)
    ? `not steered away from caches: every node carries the label ${nodesWithoutCache.key}`
    : undefined;
}
