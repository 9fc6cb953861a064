import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { ClusterRole } from "kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole";
import { Service } from "kubernetes-models/v1/Service";
import { describe, expect, it } from "vitest";
import { readConsoleOptions } from "../../src/cli/console-options.ts";
import { helm, namedIn, renderChart, withoutHelm } from "./helm-chart.ts";
import { readInstallFile } from "./install-file.ts";

const name = "sluice-console";
const render = (...values: string[]) => renderChart(values);
const named = (text: string, kind: string) => namedIn(text, kind, name);

it("no trace of the console is installed unless it is asked for", () => {
  expect(readInstallFile()).not.toContain(name);
});

describe.skipIf(withoutHelm !== "")(`the console in the chart${withoutHelm}`, () => {
  const text = helm === "" ? "" : render("console.enabled=true");

  it("is made of valid objects", () => {
    const models = { Deployment, NetworkPolicy, ClusterRole, Service };
    for (const [kind, Model] of Object.entries(models))
      expect(() => new Model(named(text, kind)).validate(), kind).not.toThrow();
  });

  it("is started with options that it takes", () => {
    const [container] = named(text, "Deployment").spec.template.spec.containers;
    const [command, ...args] = container.args;
    expect(command).toBe("console");
    expect(readConsoleOptions(args)).toMatchObject({
      cluster: undefined,
      audience: "sluice-console",
      config: "/etc/sluice/config.yaml",
      listen: { port: 8090 },
      opsListen: { port: 8080 },
    });
  });

  it("may write nothing but reviews, and read no Secret", () => {
    const { rules } = named(text, "ClusterRole");
    for (const { resources, verbs } of rules) {
      expect(resources).not.toContain("secrets");
      const reviews = ["tokenreviews", "subjectaccessreviews"];
      const may = resources.every((one: string) => reviews.includes(one))
        ? ["create"]
        : ["get", "list", "watch"];
      for (const verb of verbs) expect(may, `${verb} ${resources}`).toContain(verb);
    }
  });

  it("lets in through the network only who is named", () => {
    const ports = (rendered: string) =>
      (named(rendered, "NetworkPolicy").spec.ingress ?? []).map(
        (rule: { readonly ports: readonly { readonly port: string }[] }) => rule.ports[0]?.port,
      );
    expect(ports(text)).toEqual(["ops"]);
    const from = 'console.from=[{"namespaceSelector":{}}]';
    expect(ports(render("console.enabled=true", from))).toEqual(["http", "ops"]);
  });
});
