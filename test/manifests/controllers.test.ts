import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { ClusterRole } from "kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole";
import { Role } from "kubernetes-models/rbac.authorization.k8s.io/v1/Role";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readControllersOptions } from "../../src/cli/controllers-options.ts";
import { factsName } from "../../src/cluster/juicefs-projections.ts";
import { parseConfig } from "../../src/config.ts";
import { helm, namedIn, renderChart, withoutHelm } from "./helm-chart.ts";
import { objectsIn, readInstallFile } from "./install-file.ts";

const name = "sluice-controllers";
const render = (...values: string[]) => renderChart(values);
const named = (text: string, kind: string, wanted = name) => namedIn(text, kind, wanted);

it("no trace of the controllers is installed unless it is asked for", () => {
  expect(readInstallFile()).not.toContain(name);
});

describe.skipIf(withoutHelm !== "")(`the controllers in the chart${withoutHelm}`, () => {
  const text = helm === "" ? "" : render("controllers.enabled=true");

  it("are valid objects", () => {
    const models = { Deployment, NetworkPolicy, ClusterRole, Role };
    for (const [kind, Model] of Object.entries(models))
      expect(() => new Model(named(text, kind)).validate(), kind).not.toThrow();
  });

  it("are started with options and a configuration that they take", () => {
    const [container] = named(text, "Deployment").spec.template.spec.containers;
    const [command, ...args] = container.args;
    expect(command).toBe("controllers");
    expect(readControllersOptions(args)).toMatchObject({
      config: "/etc/sluice/config.yaml",
      opsListen: { port: 8080 },
    });
    const config = parseConfig(parse(named(text, "ConfigMap", "sluice").data["config.yaml"]));
    expect(config.controllers.enabled).toBe(true);
  });

  it("pass on what the configuration says of them", () => {
    const given = render(
      "controllers.enabled=true",
      'config.controllers={"sidecars":["logs"],"cacheWaitLimit":"2h"}',
    );
    const config = parseConfig(parse(named(given, "ConfigMap", "sluice").data["config.yaml"]));
    expect(config.controllers).toMatchObject({
      enabled: true,
      sidecars: ["logs"],
      cacheWaitLimit: 7_200_000,
    });
  });

  it("have a ServiceAccount of their own, with these rights and no others", () => {
    expect(named(text, "Deployment").spec.template.spec.serviceAccountName).toBe(name);
    const plain = render("controllers.enabled=true", "controllers.audit.enabled=false");
    expect(named(plain, "ClusterRole").rules).toEqual([
      { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch", "patch"] },
      { apiGroups: [""], resources: ["nodes"], verbs: ["list", "watch"] },
      { apiGroups: [""], resources: ["pods/status"], verbs: ["patch"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "get", "patch"] },
      { apiGroups: ["data.fluid.io"], resources: ["datasets", "dataloads"], verbs: ["list", "watch"] },
      { apiGroups: [""], resources: ["namespaces", "persistentvolumes"], verbs: ["list", "watch"] },
    ]);
    expect(named(plain, "Role").rules).toEqual([
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
      {
        apiGroups: ["coordination.k8s.io"],
        resources: ["leases"],
        resourceNames: [name],
        verbs: ["get", "update"],
      },
      {
        apiGroups: [""],
        resources: ["configmaps"],
        verbs: ["get", "list", "watch", "create", "update", "delete"],
      },
    ]);
    for (const kind of ["ClusterRoleBinding", "RoleBinding"])
      expect(named(text, kind).subjects).toEqual([
        { kind: "ServiceAccount", name, namespace: "sluice-system" },
      ]);
  });

  describe("where they look for pods that slipped through", () => {
    const rulesOf = (...values: string[]) =>
      named(render("controllers.enabled=true", ...values), "ClusterRole").rules.map(
        (rule: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }) =>
          JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames, rule.verbs]),
      );

    it("may read what the webhook reads, and Deployments; nothing more may be written", () => {
      const before = rulesOf("controllers.audit.enabled=false");
      const ofWebhook = named(text, "ClusterRole", "sluice").rules.map(
        (rule: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }) =>
          JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames, rule.verbs]),
      );
      const read = ofWebhook.filter((rule: string) => !rule.includes("webhookconfigurations"));
      const deployments = JSON.stringify([["apps"], ["deployments"], undefined, ["get"]]);
      expect(rulesOf().sort()).toEqual([...before, ...read, deployments].sort());
    });

    it("may restart workloads where that is switched on, and only there", () => {
      const workloads = ["deployments", "statefulsets", "daemonsets"];
      const more = JSON.stringify([["apps"], workloads, undefined, ["get", "patch"]]);
      expect(rulesOf("controllers.audit.restart.enabled=true").sort()).toEqual([...rulesOf(), more].sort());
    });

    it("are told how, and which pods never reach the webhook", () => {
      const given = render(
        "controllers.enabled=true",
        'controllers.audit={"interval":"1h","restart":{"enabled":true,"pause":"30m"}}',
        'webhook.excludedNamespaces=["kube-system","legacy"]',
      );
      const config = parseConfig(parse(named(given, "ConfigMap", "sluice").data["config.yaml"]));
      expect(config.controllers.audit).toEqual({
        enabled: true,
        interval: 3_600_000,
        excludedNamespaces: ["kube-system", "legacy", "sluice-system"],
        restart: { enabled: true, pause: 1_800_000 },
      });
    });
  });

  it("write ConfigMaps in Sluice's namespace only by the names of facts about Secrets", () => {
    const policy = named(text, "ValidatingAdmissionPolicy");
    expect(named(text, "ValidatingAdmissionPolicyBinding").spec).toEqual({
      policyName: name,
      validationActions: ["Deny"],
    });
    const [{ expression }] = policy.spec.validations;
    const allowed = [...expression.matchAll(/request\.name\.startsWith\('([^']+)'\)/g)].map(
      ([, start]) => start,
    );
    expect(allowed).toHaveLength(expression.split("||").length);
    const isAllowed = (object: string) => allowed.some((start) => object.startsWith(start));
    expect(isAllowed(factsName({ namespace: "storage", name: "corpfs" }))).toBe(true);
    expect(isAllowed(factsName({ namespace: "storage", name: "x".repeat(253) }))).toBe(true);
    for (const other of ["sluice", "kube-root-ca.crt", "juicefs", ""])
      expect(isAllowed(other), other).toBe(false);
    expect(policy.spec.matchConditions[0].expression).toContain(
      "'system:serviceaccount:sluice-system:sluice-controllers'",
    );
    for (const without of ["juicefs.enabled=false", "policy.enabled=false", "controllers.enabled=false"])
      expect(
        objectsIn(render("controllers.enabled=true", without)).filter(
          ({ kind, metadata }) => kind === "ValidatingAdmissionPolicy" && metadata.name === name,
        ),
      ).toEqual([]);
  });

  describe("on the Secrets of JuiceFS's volumes and clients", () => {
    const rightsIn = (given: string) =>
      objectsIn(given)
        .filter(({ kind, metadata }) => /Role$/.test(kind) && metadata.name.startsWith(name))
        .flatMap(({ kind, metadata, rules }) =>
          rules
            .filter((rule: { resources: string[] }) => rule.resources.includes("secrets"))
            .map((rule: { verbs: string[] }) => `${kind} ${metadata.namespace}: ${rule.verbs.join()}`),
        );

    it.each([
      [[], []],
      [
        ['juicefs.secrets.namespaces=["storage","lab"]'],
        ["Role lab: get,create,update", "Role storage: get,create,update"],
      ],
      [["juicefs.secrets.clusterWide=true"], ["ClusterRole undefined: get,create,update"]],
      [["juicefs.enabled=false", 'juicefs.secrets.namespaces=["lab"]'], []],
    ])("have these rights with %j: %j", (values, expected) => {
      expect(rightsIn(render("controllers.enabled=true", ...values)).sort()).toEqual(expected);
    });
  });

  describe("where they copy ConfigMaps and Secrets", () => {
    const rightsIn = (given: string) =>
      objectsIn(given)
        .filter(({ kind, metadata }) => /Role$/.test(kind) && metadata.name.includes("copies"))
        .map(({ kind, metadata, rules }) => [
          kind,
          metadata.namespace ?? "",
          metadata.name,
          ...rules.map(({ verbs }: { verbs: string[] }) => verbs.join()),
        ]);

    it("have rights on them in the namespaces that are listed, and nowhere else", () => {
      const given = render(
        "controllers.enabled=true",
        'controllers.copyClientObjects={"from":["data"],"to":["team-a","team-b"]}',
      );
      expect(rightsIn(given)).toEqual([
        ["Role", "data", "sluice-controllers-copies-from", "get"],
        ["Role", "team-a", "sluice-controllers-copies-to", "get,create,update,delete", "patch"],
        ["Role", "team-b", "sluice-controllers-copies-to", "get,create,update,delete", "patch"],
      ]);
      const everywhere = named(given, "ClusterRole").rules;
      expect(JSON.stringify(everywhere)).not.toContain("secrets");
      expect(
        everywhere
          .filter(({ verbs }: { verbs: string[] }) => verbs.includes("patch"))
          .map(({ resources }: { resources: string[] }) => resources.join()),
      ).toEqual(["pods", "pods/status", "events"]);
      const config = parseConfig(parse(named(given, "ConfigMap", "sluice").data["config.yaml"]));
      expect(config.controllers.copyClientObjects).toEqual({ from: ["data"], to: ["team-a", "team-b"] });
    });

    it("have them everywhere where all namespaces are listed", () => {
      const given = render(
        "controllers.enabled=true",
        'controllers.copyClientObjects={"from":["*"],"to":["*"]}',
      );
      expect(rightsIn(given).map(([kind, namespace]) => [kind, namespace])).toEqual([
        ["ClusterRole", ""],
        ["ClusterRole", ""],
      ]);
    });

    it("have none where one side is not listed", () => {
      expect(rightsIn(render("controllers.enabled=true", 'controllers.copyClientObjects.to=["a"]'))).toEqual(
        [],
      );
    });
  });

  it("leave the webhook's rights as they are", () => {
    const without = render();
    for (const kind of ["ClusterRole", "Role"])
      expect(named(text, kind, "sluice")).toEqual(named(without, kind, "sluice"));
  });

  it("are nobody's endpoints, and reached by who scrapes alone", () => {
    const labels = named(text, "Deployment").spec.template.metadata.labels;
    expect(labels).not.toMatchObject(named(text, "Service", "sluice").spec.selector);
    const { spec } = named(text, "NetworkPolicy");
    expect(labels).toMatchObject(spec.podSelector.matchLabels);
    expect(spec.ingress).toHaveLength(1);
    expect(spec.ingress[0]).toMatchObject({ ports: [{ port: "ops" }], from: [{}] });
    const closed = named(render("controllers.enabled=true", "networkPolicy.opsFrom=[]"), "NetworkPolicy");
    expect(closed.spec).toMatchObject({ policyTypes: ["Ingress"], ingress: [] });
  });

  it("run where the Pod Security level restricted is enforced", () => {
    const { securityContext, containers } = named(text, "Deployment").spec.template.spec;
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  it("start new pods when the configuration changes, as the webhook does", () => {
    const sum = (deployment: string, ...values: string[]) =>
      named(render("controllers.enabled=true", ...values), "Deployment", deployment).spec.template.metadata
        .annotations["checksum/config"];
    expect(sum(name)).toBe(sum("sluice"));
    expect(sum(name, 'config.mode="csi"')).not.toBe(sum(name));
  });

  it("are scraped", () => {
    const given = render("controllers.enabled=true", "monitoring.serviceMonitor.enabled=true");
    const service = named(given, "Service", "sluice-controllers-metrics");
    expect(service.metadata.labels).toMatchObject(
      named(given, "ServiceMonitor", "sluice").spec.selector.matchLabels,
    );
    expect(named(given, "Deployment").spec.template.metadata.labels).toMatchObject(service.spec.selector);
  });
});
