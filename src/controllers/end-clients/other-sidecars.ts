import type { Container } from "kubernetes-types/core/v1";

/** By which platforms and controllers know a container that is not to keep a Job from its end. */
const marks: ReadonlyMap<string, string> = new Map([
  // Alibaba Cloud: ECI, "declare container types".
  ["ECI_CONTAINER_TYPE", "sidecar"],
  // Alibaba Cloud: ACS, sidecars before Kubernetes 1.29.
  ["__IS_SIDECAR__", "true"],
  // OpenKruise: docs, "Job Sidecar Terminator".
  ["KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "true"],
]);

/**
 * Whether a container that mounts a dataset only accompanies the app, such as a mesh's proxy or a collector of logs: it
 * never ends by itself, so it is not waited for. `names`: those that are known by their name.
 */
export function isSidecarOfOthers({ name, env }: Container, names: ReadonlySet<string>): boolean {
  if (names.has(name)) return true;
  return env?.some((entry) => entry.value !== undefined && marks.get(entry.name) === entry.value) ?? false;
}
