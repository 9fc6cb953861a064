import { MutatingWebhookConfiguration } from "kubernetes-models/admissionregistration.k8s.io/v1/MutatingWebhookConfiguration";
import { ValidatingAdmissionPolicy } from "kubernetes-models/admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy";
import { ValidatingAdmissionPolicyBinding } from "kubernetes-models/admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ClusterRole } from "kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole";
import { ClusterRoleBinding } from "kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding";
import { Role } from "kubernetes-models/rbac.authorization.k8s.io/v1/Role";
import { RoleBinding } from "kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Namespace } from "kubernetes-models/v1/Namespace";
import { Service } from "kubernetes-models/v1/Service";
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { servingNames } from "../../src/certs/serving-names.ts";
import { readServeOptions } from "../../src/cli/serve-options.ts";
import { defaultConfig, parseConfig } from "../../src/config.ts";
import { matchesLabels } from "../../src/datasets/juicefs/label-match.ts";
import { version } from "../../src/version.ts";
import { allOf, installHeader, objectsIn, onlyOf, readInstallFile } from "./install-file.ts";

const models = {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  Deployment,
  NetworkPolicy,
  PodDisruptionBudget,
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
  ConfigMap,
  Namespace,
  Service,
  ServiceAccount,
};
const text = readInstallFile();
const objects = objectsIn(text);

describe("manifests/install.yaml", () => {
  it("is rendered from the chart as it is now", () => {
    const head = installHeader();
    expect(text.slice(0, head.length), "render it anew, as its first lines say").toBe(head);
  });

  it("begins with the namespace, ends with what makes the API server call, and holds each kind", () => {
    const kinds = objects.map(({ kind }) => kind);
    expect(kinds[0]).toBe("Namespace");
    expect(kinds.indexOf("MutatingWebhookConfiguration")).toBeGreaterThan(kinds.indexOf("Deployment"));
    expect([...new Set(kinds)].sort()).toEqual(Object.keys(models).sort());
  });

  it.each(Object.entries(models))("%s is valid", (kind, Model) => {
    for (const object of allOf(kind, text)) {
      expect({ apiVersion: object.apiVersion, kind: object.kind }).toEqual({
        apiVersion: Model.apiVersion,
        kind: Model.kind,
      });
      new Model(object).validate();
    }
  });

  it("holds no caBundle and no key", () => {
    expect(text).not.toMatch(/caBundle:|BEGIN|tls\.key/);
  });

  it.each(objects.map((object) => [object.kind, object] as const))("%s is in its place", (kind, object) => {
    const clusterWide = /^(Namespace|Cluster|Mutating|Validating)/.test(kind);
    expect(object.metadata.namespace).toBe(clusterWide ? undefined : "sluice-system");
    const name = kind === "Namespace" ? "sluice-system" : /^sluice(-juicefs)?$/;
    expect(object.metadata.name).toMatch(name);
  });
});

describe("the Deployment", () => {
  const { spec, metadata } = onlyOf("Deployment", text);
  const pod = spec.template;
  const [container] = pod.spec.containers;
  const options = readServeOptions([
    ...container.args.slice(1),
    // Wanted by versions that read the cluster from a folder only.
    "--cluster",
    "folder",
  ]);

  it("starts serve with arguments that it takes", () => {
    expect(container.args[0]).toBe("serve");
    expect(options).toMatchObject({
      listen: { host: "::", port: 8443 },
      opsListen: { host: "::", port: 8080 },
      config: "/etc/sluice/config.yaml",
    });
  });

  it("has the ports that it listens on, the Service leads to and the probes ask", () => {
    expect(container.ports).toEqual([
      { name: "https", containerPort: 8443 },
      { name: "ops", containerPort: 8080 },
    ]);
    expect(onlyOf("Service", text).spec.ports).toMatchObject([{ port: 443, targetPort: "https" }]);
    for (const probe of ["startupProbe", "livenessProbe"])
      expect(container[probe].httpGet).toEqual({ path: "/healthz", port: "ops" });
    expect(container.readinessProbe.httpGet).toEqual({ path: "/readyz", port: "ops" });
  });

  it("is found by its Service, budget, network policy and spread", () => {
    const found = pod.metadata.labels;
    expect(matchesLabels(spec.selector, found)).toBe(true);
    expect(matchesLabels({ matchLabels: onlyOf("Service", text).spec.selector }, found)).toBe(true);
    expect(matchesLabels(onlyOf("PodDisruptionBudget", text).spec.selector, found)).toBe(true);
    expect(matchesLabels(onlyOf("NetworkPolicy", text).spec.podSelector, found)).toBe(true);
    for (const constraint of pod.spec.topologySpreadConstraints)
      expect(matchesLabels(constraint.labelSelector, found)).toBe(true);
  });

  it("is called by a name that the certificate is made out to", () => {
    const { name, namespace } = onlyOf("MutatingWebhookConfiguration", text).webhooks[0].clientConfig.service;
    expect(onlyOf("Service", text).metadata).toMatchObject({ name, namespace });
    expect(servingNames(name, namespace).dns).toContain(`${name}.${namespace}.svc`);
    const { service, webhookConfiguration } = defaultConfig.certificates;
    expect({ service, webhookConfiguration }).toEqual({
      service: name,
      webhookConfiguration: onlyOf("MutatingWebhookConfiguration", text).metadata.name,
    });
  });

  it("mounts a configuration that is valid and changes nothing", () => {
    const { data } = onlyOf("ConfigMap", text);
    expect(parseConfig(parse(data["config.yaml"]))).toEqual(defaultConfig);
    const mount = container.volumeMounts.find(({ name }: { name: string }) => name === "config");
    expect(`${mount.mountPath}/${Object.keys(data)[0]}`).toBe("/etc/sluice/config.yaml");
  });

  it("is never short of a replica on an update, and leaves time for both pauses and the rest", () => {
    expect(spec.replicas).toBe(2);
    expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    const [, preStop] = container.lifecycle.preStop.exec.command;
    const drain = options === "help" ? 0 : options.drainMs / 1000;
    // serve cuts connections 15 s after its own pause.
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(preStop) + drain + 15);
  });

  it("meets the restricted Pod Security level, which its namespace enforces", () => {
    expect(onlyOf("Namespace", text).metadata.labels["pod-security.kubernetes.io/enforce"]).toBe(
      "restricted",
    );
    expect(pod.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect([pod.spec.hostNetwork, pod.spec.hostPID, pod.spec.hostIPC]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("runs this version and keeps meshes away", () => {
    expect(container.image).toBe(`sluice:${version}`);
    expect(metadata.labels["app.kubernetes.io/version"]).toBe(version);
    expect(pod.metadata.labels).toMatchObject({
      "sidecar.istio.io/inject": "false",
      "kuma.io/sidecar-injection": "disabled",
    });
    expect(pod.metadata.annotations).toMatchObject({ "linkerd.io/inject": "disabled" });
  });

  it("lets the API server in from anywhere and only monitoring to the ops port", () => {
    expect(onlyOf("NetworkPolicy", text).spec.ingress).toEqual([
      { ports: [{ port: "https", protocol: "TCP" }] },
      {
        ports: [{ port: "ops", protocol: "TCP" }],
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
      },
    ]);
  });
});
