import type { ContainerPort, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { separatePorts } from "../../src/pod/client-ports.ts";
import { clientPlanOf, clientTemplateOf } from "../support/client-template-of.ts";

const metrics: ContainerPort = { name: "metrics", containerPort: 9567, protocol: "TCP" };

function plan(name: string, ports?: ContainerPort[]) {
  return clientPlanOf({ name, template: clientTemplateOf(ports === undefined ? {} : { ports }) });
}

function separate(spec: Pod["spec"], ...plans: ReturnType<typeof plan>[]) {
  const result = separatePorts(spec === undefined ? {} : { spec }, plans);
  return {
    ports: result.plans.map(({ template }) => template.container.ports?.map((port) => port.containerPort)),
    findings: result.findings.map(({ code, message }) => `${code}: ${message}`),
  };
}

const app = { containers: [{ name: "app", ports: [{ containerPort: 8080 }] }] };

describe("separatePorts (W18)", () => {
  it("leaves ports alone that nobody else has", () => {
    const udp = { containerPort: 8080, protocol: "UDP" };
    const plans = [plan("fluid-fuse-0", [metrics]), plan("fluid-fuse-1", [udp]), plan("fluid-fuse-2")];
    expect(separatePorts({ spec: app }, plans)).toEqual({ plans, findings: [] });
  });

  it("leaves one port to the first of two clients, and says so", () => {
    expect(separate(app, plan("fluid-fuse-0", [metrics]), plan("fluid-fuse-1", [metrics]))).toEqual({
      ports: [[9567], undefined],
      findings: [
        "port-taken: fluid-fuse-1 (Dataset default/data) and fluid-fuse-0 both have port 9567 of the pod: only one of them can listen on it; give the runtime of one another port, or no metrics",
      ],
    });
  });

  it("leaves the app's port to the app, and keeps the client's others", () => {
    const { ports, findings } = separate(app, plan("fluid-fuse-0", [{ containerPort: 8080 }, metrics]));
    expect(ports).toEqual([[9567]]);
    expect(findings[0]).toContain("and app both have port 8080");
  });

  it("claims no port of the node in a pod of the host's network", () => {
    const result = separate({ ...app, hostNetwork: true }, plan("fluid-fuse-0", [metrics]));
    expect(result.ports).toEqual([undefined]);
    expect(result.findings).toEqual([
      "port-taken: fluid-fuse-0 (Dataset default/data) listens on port 9567 of the node, for the pod has hostNetwork: a second such pod there cannot; leave hostNetwork out if it needs none",
    ]);
  });
});
