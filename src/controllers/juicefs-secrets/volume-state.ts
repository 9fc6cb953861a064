import { fieldAt, type RawObject, textAt, textMapAt } from "../../cluster/raw-fields.ts";
import { isAskingNamespace } from "../../datasets/juicefs/asking-namespace.ts";

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

/** `true` for a namespace whose pods ask for clients of JuiceFS; undefined for any other. */
export function readOptedIn(raw: RawObject): true | undefined {
  return isAskingNamespace(textMapAt(raw, "metadata", "labels")) ? true : undefined;
}
