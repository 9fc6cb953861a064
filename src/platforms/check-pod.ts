import type { Container, Pod, Volume } from "kubernetes-types/core/v1";
import { lastingContainers } from "../types/pod-containers.ts";
import type { Finding } from "../types/reason.ts";
import type { ForbiddenField, Platform } from "./platform.ts";

/** Who put the parts of a pod there that its maker did not: by name, in words. */
export interface PodOrigins {
  readonly containers: ReadonlyMap<string, string>;
  readonly volumes: ReadonlyMap<string, string>;
}

/** One field of a pod that its platform does not allow. */
interface Breach {
  readonly rule: ForbiddenField | "capabilities" | "maxContainers" | "maxVolumes";
  /** Where it stands, as "spec.volumes[2].hostPath". */
  readonly field: string;
  readonly cause: string;
  readonly remedy: string;
}

const user = "the pod's own";

/**
 * Holds a finished pod against the rules of its platform. Every breach is named with its field and who caused it; one
 * of a rule that no source confirms is a warning, if the pod's maker caused it.
 */
export function checkPod(pod: Pod, platform: Platform, origins: PodOrigins): Finding[] {
  const { forbidden, capabilities } = platform.rules;
  return [
    ...forbidden.flatMap((rule) => forbiddenFields[rule](pod, origins)),
    ...(capabilities === undefined ? [] : addedCapabilities(pod, capabilities, origins)),
    ...limits(pod, platform, origins),
  ].map((breach) => report(breach, platform));
}

/** Whether there is anything that `checkPod` could find. */
export function hasRules({ rules }: Platform): boolean {
  const { forbidden, capabilities, maxContainers, maxVolumes } = rules;
  return forbidden.length > 0 || (capabilities ?? maxContainers ?? maxVolumes) !== undefined;
}

function report({ rule, field, cause, remedy }: Breach, { name, unconfirmed }: Platform): Finding {
  const open = `rules.${rule}` in unconfirmed || "rules.forbidden" in unconfirmed;
  const message = `platform ${name} does not allow ${field} (${cause}): ${remedy}`;
  if (!open || cause !== user) return { code: "platform-rule", message };
  return {
    code: "platform-rule-open",
    message: `platform ${name} may not allow ${field} (${cause}), which is not confirmed: ${remedy}`,
  };
}

const forbiddenFields: Readonly<
  Record<ForbiddenField, (pod: Pod, origins: PodOrigins) => readonly Breach[]>
> = {
  hostPath: (pod, origins) =>
    (pod.spec?.volumes ?? []).flatMap((volume, index) =>
      volume.hostPath
        ? [
            {
              rule: "hostPath",
              field: `spec.volumes[${index}].hostPath`,
              cause: volumeCause(volume, origins),
              remedy: `give volume ${volume.name} an emptyDir, or run the pod on other nodes`,
            },
          ]
        : [],
    ),
  hostNetwork: (pod) => ofSpec(pod, "hostNetwork"),
  hostPID: (pod) => ofSpec(pod, "hostPID"),
  hostIPC: (pod) => ofSpec(pod, "hostIPC"),
  hostPort: (pod, origins) =>
    eachContainer(pod, origins, "hostPort", (container) => {
      const at = container.ports?.findIndex((port) => port.hostPort) ?? -1;
      return at < 0 ? undefined : { part: `ports[${at}].hostPort`, remedy: "leave it out, or use a Service" };
    }),
  privileged: (pod, origins) =>
    eachContainer(pod, origins, "privileged", ({ securityContext }) =>
      securityContext?.privileged === true
        ? { part: "securityContext.privileged", remedy: "leave it out, or run the pod on other nodes" }
        : undefined,
    ),
  daemonSet: (pod) =>
    (pod.metadata?.ownerReferences ?? []).some(({ kind }) => kind === "DaemonSet")
      ? [
          {
            rule: "daemonSet",
            field: "metadata.ownerReferences",
            cause: user,
            remedy: "it is a DaemonSet's, and such nodes run none: keep the DaemonSet off them",
          },
        ]
      : [],
};

function ofSpec({ spec }: Pod, rule: "hostNetwork" | "hostPID" | "hostIPC"): Breach[] {
  if (spec?.[rule] !== true) return [];
  return [
    { rule, field: `spec.${rule}`, cause: user, remedy: "leave it out, or run the pod on other nodes" },
  ];
}

function addedCapabilities(pod: Pod, allowed: readonly string[], origins: PodOrigins): Breach[] {
  return eachContainer(pod, origins, "capabilities", ({ securityContext }) => {
    const added = securityContext?.capabilities?.add ?? [];
    const wrong = added.filter((name) => !allowed.includes(name.replace(/^CAP_/, "")));
    if (wrong.length === 0) return undefined;
    const remedy = `leave out ${wrong.join(", ")}`;
    return { part: "securityContext.capabilities.add", remedy };
  });
}

function limits(pod: Pod, { rules }: Platform, origins: PodOrigins): Breach[] {
  const { maxContainers, maxVolumes } = rules;
  const running = lastingContainers(pod);
  const volumes = pod.spec?.volumes ?? [];
  const breaches: Breach[] = [];
  if (maxContainers !== undefined && running.length > maxContainers)
    breaches.push({
      rule: "maxContainers",
      field: `${running.length} containers, more than ${maxContainers}`,
      cause: countCause(running, origins.containers),
      remedy: "use fewer containers or datasets in one pod",
    });
  if (maxVolumes !== undefined && volumes.length > maxVolumes)
    breaches.push({
      rule: "maxVolumes",
      field: `${volumes.length} volumes, more than ${maxVolumes}`,
      cause: countCause(volumes, origins.volumes),
      remedy: "use fewer volumes or datasets in one pod",
    });
  return breaches;
}

function countCause(
  parts: readonly { readonly name: string }[],
  origins: ReadonlyMap<string, string>,
): string {
  const added = parts.filter(({ name }) => origins.has(name)).length;
  return added === 0 ? user : `${added} of them for the clients`;
}

function eachContainer(
  pod: Pod,
  origins: PodOrigins,
  rule: Breach["rule"],
  find: (container: Container) => { part: string; remedy: string } | undefined,
): Breach[] {
  return (["initContainers", "containers"] as const).flatMap((list) =>
    (pod.spec?.[list] ?? []).flatMap((container, index) => {
      const found = find(container);
      if (found === undefined) return [];
      const cause = origins.containers.get(container.name) ?? user;
      const field = `spec.${list}[${index}].${found.part} of ${container.name}`;
      return [{ rule, field, cause, remedy: found.remedy }];
    }),
  );
}

function volumeCause({ name }: Volume, { volumes }: PodOrigins): string {
  return volumes.get(name) ?? user;
}
