import type { LocalObjectReference } from "kubernetes-types/core/v1";
import type { PodEditor } from "./pod-editor.ts";

/**
 * Adds pull secrets that the pod does not list yet.
 *
 * `serviceAccountSecrets`: those that the API server will add only while the pod lists none, so they have to come
 * first as soon as we add one; undefined when they are not known, and then nothing is added to a pod without any.
 * Returns the names that could not be added.
 */
export function addPullSecrets(
  editor: PodEditor,
  wanted: readonly LocalObjectReference[],
  serviceAccountSecrets: readonly LocalObjectReference[] | undefined,
): string[] {
  const listed = editor.pod.spec?.imagePullSecrets ?? [];
  const first = listed.length > 0 ? [] : serviceAccountSecrets;
  const missing = unique([...(first ?? []), ...wanted]).filter(
    (name) => !listed.some((known) => known.name === name),
  );
  const needed = wanted.some((secret) => missing.includes(secret.name ?? ""));
  if (!needed) return [];
  if (first === undefined) return missing;
  for (const name of missing)
    editor.append(["spec", "imagePullSecrets"], { name }, "a client's image is pulled with this secret");
  return [];
}

function unique(secrets: readonly LocalObjectReference[]): string[] {
  return [...new Set(secrets.flatMap((secret) => (secret.name === undefined ? [] : [secret.name])))];
}
