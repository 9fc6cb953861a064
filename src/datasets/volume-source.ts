import type { Volume } from "kubernetes-types/core/v1";
import { datasetLabel } from "./fluid/labels.ts";
import { Problem } from "./problem.ts";

/** Where a volume's data come from, as far as the volume itself says it. */
export type VolumeSource =
  | { readonly kind: "claim"; readonly claimName: string; readonly readOnly: boolean }
  | { readonly kind: "ephemeral"; readonly storageClassName?: string }
  | { readonly kind: "problem"; readonly problem: Problem }
  | { readonly kind: "other"; readonly driver?: string };

/** The storage class that Fluid gives its claims. */
const fluidStorageClass = "fluid";

/** Judges a volume without the cluster. An ephemeral volume's claim does not exist yet, so its template has to tell. */
export function judgeVolume(volume: Volume): VolumeSource {
  const { persistentVolumeClaim, ephemeral, csi } = volume;
  const claimName = persistentVolumeClaim?.claimName;
  if (typeof claimName === "string" && claimName !== "")
    return { kind: "claim", claimName, readOnly: persistentVolumeClaim?.readOnly === true };
  if (!ephemeral)
    return typeof csi?.driver === "string" ? { kind: "other", driver: csi.driver } : { kind: "other" };

  const template = ephemeral.volumeClaimTemplate;
  const label = datasetLabel(template?.metadata?.labels ?? {});
  const mark =
    label ?? (template?.spec?.storageClassName === fluidStorageClass ? "storage class fluid" : undefined);
  if (mark === undefined) {
    const storageClassName = template?.spec?.storageClassName;
    return typeof storageClassName === "string"
      ? { kind: "ephemeral", storageClassName }
      : { kind: "ephemeral" };
  }
  const name = typeof volume.name === "string" ? volume.name : "";
  const message = `volume ${name} is ephemeral, yet its claim would be a dataset's (${mark}): name the dataset's own claim under persistentVolumeClaim instead`;
  return { kind: "problem", problem: new Problem("ephemeral-dataset", message, []) };
}
