import type { ContainerPort, Pod } from "kubernetes-types/core/v1";
import type { Finding } from "../types/reason.ts";
import type { ClientPlan } from "./client-plan.ts";
import { containersOf } from "./containers.ts";

/**
 * The plans without ports that another container of the pod has, which share its network, and in a pod of the host's
 * network without any: there the API server makes each a port of the node and keeps a second such pod off it. That two
 * clients listen on one port cannot be changed here, and is told.
 */
export function separatePorts(
  pod: Pod,
  plans: readonly ClientPlan[],
): { plans: readonly ClientPlan[]; findings: Finding[] } {
  if (plans.every(({ template }) => (template.container.ports ?? []).length === 0))
    return { plans, findings: [] };
  const findings: Finding[] = [];
  const hostNetwork = pod.spec?.hostNetwork === true;
  const taken = new Map<string, string>();
  for (const { container } of containersOf(pod))
    for (const port of container.ports ?? []) taken.set(keyOf(port), container.name);
  const separated = plans.map((plan): ClientPlan => {
    const { ports = [], ...rest } = plan.template.container;
    const kept = ports.filter((port) => {
      const other = taken.get(keyOf(port));
      if (other === undefined) taken.set(keyOf(port), plan.name);
      if (other !== undefined) findings.push(collides(plan, port, other));
      else if (hostNetwork) findings.push(portOfNode(plan, port));
      return other === undefined && !hostNetwork;
    });
    if (kept.length === ports.length) return plan;
    const container = kept.length === 0 ? rest : { ...rest, ports: kept };
    return { ...plan, template: { ...plan.template, container } };
  });
  return { plans: separated, findings };
}

function collides({ name, label }: ClientPlan, port: ContainerPort, other: string): Finding {
  const message = `${name} (${label}) and ${other} both have port ${port.containerPort} of the pod: only one of them can listen on it; give the runtime of one another port, or no metrics`;
  return { code: "port-taken", message };
}

function portOfNode({ name, label }: ClientPlan, port: ContainerPort): Finding {
  const message = `${name} (${label}) listens on port ${port.containerPort} of the node, for the pod has hostNetwork: a second such pod there cannot; leave hostNetwork out if it needs none`;
  return { code: "port-taken", message };
}

function keyOf({ containerPort, protocol = "TCP" }: ContainerPort): string {
  return `${protocol} ${containerPort}`;
}
