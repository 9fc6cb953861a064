import { fieldAt, type RawObject, textAt, textMapAt } from "../../cluster/raw-fields.ts";

/** A bound volume of the JuiceFS CSI driver: who claims it, and the Secret that it names. */
export interface VolumeState {
  readonly claim: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** "namespace/name". */
  readonly secret: string;
}

/** What of a PersistentVolume matters here; undefined for those of other drivers and those that nobody claims. */
export function readVolumeState(raw: RawObject, driver: string): VolumeState | undefined {
  const csi = fieldAt(raw, "spec", "csi");
  if (textAt(csi, "driver") !== driver || textAt(raw, "status", "phase") !== "Bound") return undefined;
  const secretNamespace = textAt(csi, "nodePublishSecretRef", "namespace");
  const secretName = textAt(csi, "nodePublishSecretRef", "name");
  const claim = fieldAt(raw, "spec", "claimRef");
  const namespace = textAt(claim, "namespace");
  const name = textAt(claim, "name");
  const uid = textAt(claim, "uid");
  if (!secretNamespace || !secretName || !namespace || !name || !uid) return undefined;
  return { claim: { namespace, name, uid }, secret: `${secretNamespace}/${secretName}` };
}

const optIns: Readonly<Record<string, string>> = {
  "sluice.io/injection": "enabled",
  "juicefs.com/enable-injection": "true",
  "juicefs.com/enable-serverless-injection": "true",
};

/** `true` for a namespace whose pods ask for clients of JuiceFS; undefined for any other. */
export function readOptedIn(raw: RawObject): true | undefined {
  const labels = textMapAt(raw, "metadata", "labels");
  return Object.entries(optIns).some(([key, value]) => labels[key] === value) ? true : undefined;
}
