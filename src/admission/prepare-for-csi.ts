import { type ResolvedVolume, resolveVolumes } from "../datasets/resolve.ts";
import { warnOfDriver } from "../platforms/judge-platform.ts";
import type { Platform } from "../platforms/platform.ts";
import { PodEditor } from "../pod/pod-editor.ts";
import { propagateMounts } from "../pod/propagate-mounts.ts";
import { tooLarge } from "../pod/too-large.ts";
import type { Finding } from "../types/reason.ts";
import { applySteering } from "./apply-steering.ts";
import { bySeverity, reject, unchanged } from "./conclude.ts";
import type { Decision } from "./decision.ts";
import { markUsage } from "./marks.ts";
import { prefetchFiles } from "./prefetch.ts";
import type { PrefetchOptions } from "./prefetch-options.ts";
import { platformOf, type Question, sidecarOf, steeringOf } from "./question.ts";
import { planSteering } from "./steer.ts";
import { refusedOutcomes, titleOf, volumeOutcomes } from "./volume-outcomes.ts";
import { waitForCache } from "./wait-for-cache.ts";
import { withoutDataset } from "./without-dataset.ts";

/**
 * In csi mode the claims stay and the node's CSI driver mounts them: the pod's mounts follow a remount, and the pod is
 * steered. A problem is a warning here, for the pod gets its data, or is told of it, by the driver; the driver does not
 * ask whether the owner of a dataset permits to refer to it, so such a pod is refused.
 */
export function prepareForCsi(question: Question): Decision {
  const { pod, namespace, cluster, config, options, selection, steps } = question;
  const resolution = resolveVolumes(pod, namespace, cluster, {
    clients: false,
    skipBoundCheck: options.skipBoundCheck,
    keepCacheDirectories: false,
    withoutFluid: !selection.fluid,
    references: config.references,
  });
  const problems = resolution.volumes.flatMap((volume) =>
    volume.kind === "problem" ? [volume.finding] : [],
  );
  const findings: Finding[] = [...problems, ...selection.findings];
  const volumes = volumeOutcomes(resolution.volumes, (volume, dataset) => ({
    code: "left-to-csi",
    message: `${titleOf(dataset)}: the node's CSI driver mounts claim ${dataset.claim.name} for volume ${volume}`,
  }));
  const forbidden = problems.filter(({ code }) => code === "reference-not-permitted");
  if (forbidden.length > 0)
    return reject(pod, findings, refusedOutcomes(volumes, forbidden), { mode: "csi" });
  const { datasets } = resolution;
  if (datasets.length === 0) {
    if (problems.length === 0) return withoutDataset(question, volumes);
    return unchanged(pod, findings, volumes, { mode: "csi" });
  }
  const size = tooLarge(pod);
  if (size.length > 0)
    return reject(pod, [...size, ...selection.findings], refusedOutcomes(volumes, size), { mode: "csi" });
  const detected = platformOf(question, { clients: false });
  if ("problem" in detected) {
    const refusals = [detected.problem, ...findings];
    return reject(pod, refusals, refusedOutcomes(volumes, refusals), { mode: "csi" });
  }

  const editor = new PodEditor(pod);
  if (options.prefetch !== undefined)
    findings.push(
      ...prefetchByDriver(editor, options.prefetch, question, resolution.volumes, detected.platform),
    );
  const claimVolumes = resolution.volumes.filter((volume) => volume.kind === "dataset").map((v) => v.volume);
  if (steps.withDataset.includes("MountPropagationInjector"))
    findings.push(...propagateMounts(editor, new Set(claimVolumes)));
  const steering = planSteering(steeringOf(question, detected.platform, datasets));
  applySteering(editor, steering);
  if (steps.withDataset.includes("DatasetUsageInjector"))
    markUsage(
      editor,
      datasets.map((dataset) => ({ dataset: dataset.dataset, inUse: true })),
    );
  findings.push(
    ...steering.findings,
    ...warnOfDriver(detected),
    ...waitForCache(editor, question, detected.platform, datasets),
  );
  const left = volumes
    .filter((v) => v.code === "left-to-csi")
    .map(({ volume, message }): Finding => ({ code: "left-to-csi", message, volume }));
  return {
    verdict: editor.edits.length === 0 ? "unchanged" : "injected",
    mode: "csi",
    platform: detected.platform.name,
    volumes,
    findings: bySeverity([...findings, ...left]),
    edits: editor.edits,
    pod: editor.pod,
  };
}

/** The driver has mounted the datasets before any container starts; an app that does not wait needs a native sidecar. */
function prefetchByDriver(
  editor: PodEditor,
  asked: PrefetchOptions,
  question: Question,
  volumes: readonly ResolvedVolume[],
  platform: Platform,
): Finding[] {
  const { config } = question;
  const { kind } = sidecarOf(question, platform);
  const place = { native: kind === "native", byDriver: true, inOrder: true, meshProxies: config.meshProxies };
  return prefetchFiles(editor, asked, question, volumes, { image: config.prefetchImage }, place);
}
