import type { ResolvedVolume } from "../datasets/resolve.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding } from "../types/reason.ts";
import { isRefusal } from "./conclude.ts";
import type { VolumeOutcome } from "./decision.ts";

/** What became of the volumes that are no datasets or could not be resolved; `ofDataset` tells it of the others. */
export function volumeOutcomes(
  volumes: readonly ResolvedVolume[],
  ofDataset: (volume: string, dataset: DatasetVolume) => Pick<VolumeOutcome, "code" | "message" | "client">,
): VolumeOutcome[] {
  return volumes.map((resolved): VolumeOutcome => {
    const { volume } = resolved;
    if (resolved.kind === "other") return { volume, code: resolved.code, message: resolved.message };
    if (resolved.kind === "problem")
      return { volume, code: resolved.finding.code, message: resolved.finding.message };
    const { dataset } = resolved;
    return { volume, ...namesOf(dataset), ...ofDataset(volume, dataset) };
  });
}

function namesOf(dataset: DatasetVolume): Pick<VolumeOutcome, "dataset" | "title" | "refersTo"> {
  const { physical } = dataset;
  return {
    dataset: nameOf(dataset),
    title: titleOf(dataset),
    ...(physical === undefined ? {} : { refersTo: `Dataset ${physical.namespace}/${physical.name}` }),
  };
}

/** "namespace/name" of the dataset. */
export function nameOf({ dataset }: DatasetVolume): string {
  return `${dataset.namespace}/${dataset.name}`;
}

/** What the dataset is called in messages. */
export function titleOf(dataset: DatasetVolume): string {
  return `${dataset.family === "fluid" ? "Dataset" : "JuiceFS claim"} ${nameOf(dataset)}`;
}

/** The same volumes once the pod is refused: a refusal that is about one is its outcome, and no other dataset is served. */
export function refusedOutcomes(
  outcomes: readonly VolumeOutcome[],
  findings: readonly Finding[],
): VolumeOutcome[] {
  const refusals = new Map<string | undefined, Finding>();
  for (const finding of findings)
    if (isRefusal(finding) && !refusals.has(finding.volume)) refusals.set(finding.volume, finding);
  return outcomes.map((outcome): VolumeOutcome => {
    const { volume, dataset, title, refersTo } = outcome;
    if (dataset === undefined || title === undefined) return outcome;
    const refusal = refusals.get(volume);
    const message = `${title} is not served, for the pod is refused`;
    const { code, message: words } = refusal ?? { code: "not-injected" as const, message };
    const names = { dataset, title, ...(refersTo === undefined ? {} : { refersTo }) };
    return { volume, ...names, code, message: words };
  });
}
