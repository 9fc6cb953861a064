import type { Pod } from "kubernetes-types/core/v1";
import { isRawObject, objectsAt, type RawObject } from "../../cluster/raw-fields.ts";

/** What the API server calls a pod is one. */
export function asPod(raw: RawObject): Pod | undefined {
  return isPod(raw) ? raw : undefined;
}

function isPod(raw: RawObject): raw is RawObject & Pod {
  return (
    isRawObject(raw["metadata"]) &&
    isRawObject(raw["spec"]) &&
    Array.isArray(objectsAt(raw, "spec", "containers"))
  );
}
