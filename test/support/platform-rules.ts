import type { Pod } from "kubernetes-types/core/v1";
import type { Platform } from "../../src/platforms/platform.ts";

/** What in a pod its platform forbids, found by looking at every field of it: `path` for each breach. */
export function breachesOf(pod: Pod, { rules }: Platform): string[] {
  const found: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      const at = `${path}/${key}`;
      const isSet = value !== undefined && value !== null && value !== false && value !== 0;
      if (isSet && rules.forbidden.some((rule) => rule === key)) found.push(at);
      if (key === "add" && path.endsWith("/capabilities") && rules.capabilities !== undefined)
        for (const name of value as readonly string[])
          if (!rules.capabilities.includes(name.replace(/^CAP_/, ""))) found.push(`${at}/${name}`);
      visit(value, at);
    }
  };
  visit(pod.spec, "");
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
