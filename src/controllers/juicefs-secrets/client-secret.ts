import { objectsAt, type RawObject, textAt, textMapAt } from "../../cluster/raw-fields.ts";
import type { VolumeState } from "./volume-state.ts";

/** Ours carry this label with the value "true"; what does not is never touched. */
const clientLabel = "sluice.io/juicefs-client";

/** The Secret of a claim's clients, owned by the claim, so that it goes with it. */
export function clientSecret(
  name: string,
  { claim }: VolumeState,
  values: Readonly<Record<string, string>>,
): RawObject {
  const owner = { apiVersion: "v1", kind: "PersistentVolumeClaim", name: claim.name, uid: claim.uid };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name,
      namespace: claim.namespace,
      labels: { [clientLabel]: "true", "app.kubernetes.io/managed-by": "sluice" },
      ownerReferences: [owner],
    },
    type: "Opaque",
    data: encoded(values),
  };
}

/** Whether the Secret that is there was made here for this claim. */
export function isClientSecret(there: RawObject, { claim }: VolumeState): boolean {
  return (
    textAt(there, "metadata", "labels", clientLabel) === "true" &&
    objectsAt(there, "metadata", "ownerReferences").some(
      (owner) => owner["kind"] === "PersistentVolumeClaim" && owner["uid"] === claim.uid,
    )
  );
}

/** Whether it says what `wanted` says. */
export function isSameSecret(there: RawObject, wanted: RawObject): boolean {
  return (
    JSON.stringify(sorted(textMapAt(there, "data"))) === JSON.stringify(sorted(textMapAt(wanted, "data")))
  );
}

function encoded(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    sorted(values).map(([key, value]) => [key, Buffer.from(value, "utf8").toString("base64")]),
  );
}

function sorted(map: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}
