import type { Pod } from "kubernetes-types/core/v1";
import type { Platform } from "../../src/platforms/platform.ts";

/** What in a pod its platform forbids, found by looking at every field of it: `path` for each breach. */
export function breachesOf(pod: Pod, { rules }: Platform): string[] {
  const found = fieldsIn(pod.spec, "").flatMap(({ path, key, value }) => {
    const isSet = value !== undefined && value !== null && value !== false && value !== 0;
    if (isSet && rules.forbidden.some((rule) => rule === key)) return [path];
    const { capabilities } = rules;
    if (capabilities === undefined || !path.endsWith("/capabilities/add")) return [];
    return (value as readonly string[])
      .filter((name) => !capabilities.includes(name.replace(/^CAP_/, "")))
      .map((name) => `${path}/${name}`);
  });
  const owners = pod.metadata?.ownerReferences ?? [];
  if (rules.forbidden.includes("daemonSet") && owners.some(({ kind }) => kind === "DaemonSet"))
    found.push("/metadata/ownerReferences");
  const native = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const containers = native.length + (pod.spec?.containers.length ?? 0);
  if (containers > (rules.maxContainers ?? Number.POSITIVE_INFINITY)) found.push(`${containers} containers`);
  const volumes = pod.spec?.volumes?.length ?? 0;
  if (volumes > (rules.maxVolumes ?? Number.POSITIVE_INFINITY)) found.push(`${volumes} volumes`);
  return found;
}

/** Every field in `node`, however deep. */
function fieldsIn(node: unknown, at: string): { path: string; key: string; value: unknown }[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) => {
    const path = `${at}/${key}`;
    return [{ path, key, value }, ...fieldsIn(value, path)];
  });
}
