import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { defaultConfig, parseConfig } from "../../src/config.ts";
import { helm, renderChart as render, withoutHelm } from "./helm-chart.ts";
import {
  allOf,
  chartFolder,
  installFile,
  installHeader,
  installOptions,
  installValues,
  objectsIn,
  onlyOf,
  readInstallFile,
} from "./install-file.ts";

/** UPDATE_GOLDEN=1 renders install.yaml anew: read the diff before it is committed. */
const update = process.env["UPDATE_GOLDEN"] === "1";

const configIn = (text: string) => parseConfig(parse(onlyOf("ConfigMap", text).data["config.yaml"]));
const rulesInside = (text: string) =>
  JSON.stringify(objectsIn(text).find(({ kind }) => kind === "Role")?.rules);
const kindsOf = (text: string) => objectsIn(text).map(({ kind }) => kind);
const conditionsIn = (text: string) =>
  onlyOf("MutatingWebhookConfiguration", text).webhooks[0].matchConditions;

describe.skipIf(withoutHelm !== "")(`the chart, rendered by helm${withoutHelm}`, () => {
  it("is install.yaml by default", () => {
    const options = [...installOptions, ...installValues];
    const rendered = execFileSync(helm, ["template", "sluice", chartFolder, ...options], {
      encoding: "utf8",
    });
    if (update) writeFileSync(installFile, installHeader() + rendered);
    expect(readInstallFile()).toBe(installHeader() + rendered);
  });

  it("passes helm's own lint", () => {
    const lint = spawnSync(helm, ["lint", "--strict", chartFolder], { encoding: "utf8" });
    expect(lint.status, lint.stdout).toBe(0);
  });

  it("leaves out what API servers before 1.30 lack, unless it is asked for", () => {
    const old = render([], "1.29.0");
    expect(kindsOf(old)).not.toContain("ValidatingAdmissionPolicy");
    expect(conditionsIn(old)).toBeUndefined();
    const asked = render(["policy.enabled=true", "webhook.matchConditions=true"], "1.29.0");
    expect(kindsOf(asked)).toContain("ValidatingAdmissionPolicy");
    expect(conditionsIn(asked)).toHaveLength(1);
    const refused = render(["policy.enabled=false", "webhook.matchConditions=false"]);
    expect(kindsOf(refused)).not.toContain("ValidatingAdmissionPolicy");
    expect(conditionsIn(refused)).toBeUndefined();
  });

  it("sends serverful pods without claims by an entry of their own, unless that is switched off", () => {
    const entriesIn = (text: string): string[] =>
      onlyOf("MutatingWebhookConfiguration", text).webhooks.map(({ name }: { name: string }) => name);
    const all = entriesIn(render());
    const entry = "no-claim.serverful.fluid.sluice.io";
    expect(all).toContain(entry);
    const others = all.filter((name) => name !== entry);
    expect(entriesIn(render(["webhook.serverfulWithoutClaims=false"]))).toEqual(others);
    // Where there are no conditions such pods come by the entries for all.
    expect(entriesIn(render(["webhook.matchConditions=false"]))).toEqual(others);
    expect(entriesIn(render([], "1.29.0"))).toEqual(others);
  });

  it("follows the plugin profile where it is said to be, in the configuration and in its rights", () => {
    const ruleIn = (text: string) =>
      onlyOf("ClusterRole", text).rules.find(
        ({ resources }: { resources: string[] }) => resources[0] === "configmaps",
      );
    expect(configIn(render()).pluginProfile).toEqual(defaultConfig.pluginProfile);
    expect(ruleIn(render())).toEqual({
      apiGroups: [""],
      resources: ["configmaps"],
      resourceNames: ["webhook-plugins"],
      verbs: ["get", "list", "watch"],
    });
    const text = render(['pluginProfile={"namespace":"mine","name":"steps"}']);
    expect(configIn(text).pluginProfile).toEqual({ namespace: "mine", name: "steps" });
    expect(ruleIn(text).resourceNames).toEqual(["steps"]);
  });

  it("breaks the glass: failurePolicy Ignore in every entry", () => {
    const { webhooks } = onlyOf("MutatingWebhookConfiguration", render(['webhook.failurePolicy="Ignore"']));
    expect(new Set(webhooks.map((hook: { failurePolicy: string }) => hook.failurePolicy))).toEqual(
      new Set(["Ignore"]),
    );
  });

  it("leaves certificates to cert-manager: its objects, its annotation, no right on Secrets or to patch", () => {
    const text = render(['certificates.source="cert-manager"']);
    expect(kindsOf(text)).toEqual(expect.arrayContaining(["Certificate", "Issuer"]));
    expect(rulesInside(text)).not.toContain("secrets");
    const { annotations } = onlyOf("MutatingWebhookConfiguration", text).metadata;
    expect(annotations["cert-manager.io/inject-ca-from"]).toBe("sluice-system/sluice");
    expect(JSON.stringify(onlyOf("ClusterRole", text).rules)).not.toContain("patch");
    const named = (kind: string, name: string) =>
      allOf(kind, text).find((one) => one.metadata.name === name)?.spec;
    const certificate = named("Certificate", "sluice");
    // Who signs outlasts what is signed, with one key: what replicas still serve is trusted after a renewal.
    const authority = named("Certificate", "sluice-authority");
    expect(authority).toMatchObject({ isCA: true, privateKey: { rotationPolicy: "Never" } });
    expect(Number.parseInt(authority.duration, 10)).toBeGreaterThan(
      10 * Number.parseInt(certificate.duration, 10),
    );
    expect(named("Issuer", certificate.issuerRef.name).ca.secretName).toBe(authority.secretName);
    expect(named("Issuer", authority.issuerRef.name)).toEqual({ selfSigned: {} });
    expect(certificate.dnsNames).toContain("sluice.sluice-system.svc");
    const pod = onlyOf("Deployment", text).spec.template.spec;
    expect(pod.volumes).toContainEqual({
      name: "certificates",
      secret: { secretName: certificate.secretName },
    });
    expect(configIn(text).certificates).toMatchObject({ source: "files", caBundle: "external" });
    expect(pod.containers[0].volumeMounts).toContainEqual({
      name: "certificates",
      mountPath: configIn(text).certificates.directory,
      readOnly: true,
    });
    const ofAnother = render([
      'certificates.source="cert-manager"',
      'certificates.certManager.issuerRef={"kind":"ClusterIssuer","name":"internal"}',
    ]);
    expect(kindsOf(ofAnother)).not.toContain("Issuer");
    expect(onlyOf("Certificate", ofAnother).spec.issuerRef.name).toBe("internal");
  });

  it("takes a certificate from a Secret of the user's", () => {
    const text = render(['certificates.source="files"', 'certificates.secretName="mine"']);
    expect(rulesInside(text)).not.toContain("secrets");
    expect(onlyOf("Deployment", text).spec.template.spec.volumes).toContainEqual({
      name: "certificates",
      secret: { secretName: "mine" },
    });
    expect(JSON.stringify(onlyOf("ClusterRole", text).rules)).toContain("patch");
    expect(configIn(text).certificates).toMatchObject({ source: "files", caBundle: "ours" });
  });

  it("lets cert-manager issue what is in the Secret while the replicas keep caBundle right, for changing over", () => {
    const text = render(['certificates.source="files"', "certificates.certManager.issue=true"]);
    const [certificate] = allOf("Certificate", text).filter(({ metadata }) => metadata.name === "sluice");
    expect(onlyOf("Deployment", text).spec.template.spec.volumes).toContainEqual({
      name: "certificates",
      secret: { secretName: certificate?.spec.secretName },
    });
    expect(onlyOf("MutatingWebhookConfiguration", text).metadata.annotations).toBeUndefined();
    expect(JSON.stringify(onlyOf("ClusterRole", text).rules)).toContain("patch");
    expect(configIn(text).certificates).toMatchObject({ source: "files", caBundle: "ours" });
    expect(kindsOf(render(["certificates.certManager.issue=true"]))).not.toContain("Certificate");
  });

  it("names another Secret for its own certificates, in the configuration and in its rights", () => {
    const text = render(['certificates.secretName="other"', 'config.certificates.servingLife="10d"']);
    expect(configIn(text).certificates).toMatchObject({ source: "own", secret: "other" });
    expect(configIn(text).certificates.servingLife).toBe(864_000_000);
    expect(rulesInside(text)).toContain('"resourceNames":["other"]');
  });

  it("passes on where and how the pods run", () => {
    const pod = onlyOf(
      "Deployment",
      render([
        "hostNetwork=true",
        "ports.webhook=9443",
        'priorityClassName="system-cluster-critical"',
        'nodeSelector={"role":"system"}',
        'tolerations=[{"operator":"Exists"}]',
        'imagePullSecrets=[{"name":"registry"}]',
        'image={"repository":"registry.example/sluice","tag":"1"}',
        'podLabels={"team":"data"}',
        'podAnnotations={"note":"x"}',
      ]),
    ).spec.template;
    expect(pod.metadata).toMatchObject({ labels: { team: "data" }, annotations: { note: "x" } });
    expect(pod.spec).toMatchObject({
      hostNetwork: true,
      dnsPolicy: "ClusterFirstWithHostNet",
      priorityClassName: "system-cluster-critical",
      nodeSelector: { role: "system", "kubernetes.io/os": "linux" },
      tolerations: [{ operator: "Exists" }],
      imagePullSecrets: [{ name: "registry" }],
    });
    expect(pod.spec.containers[0]).toMatchObject({ image: "registry.example/sluice:1" });
    expect(pod.spec.containers[0].ports[0].containerPort).toBe(9443);
    expect(pod.spec.containers[0].args).toContain(":9443");
  });

  it("starts new pods when the configuration changes", () => {
    const sum = (values: string[]) =>
      onlyOf("Deployment", render(values)).spec.template.metadata.annotations["checksum/config"];
    expect(sum(['config.mode="csi"'])).not.toBe(sum([]));
  });

  it("refuses values that the schema does not know", () => {
    expect(() => render(['config.mode="both"'])).toThrow(/config\/mode/);
    expect(() => render(["replica=3"])).toThrow(/replica/);
  });

  describe("with monitoring", () => {
    let text = "";
    beforeAll(() => {
      text = render(["monitoring.serviceMonitor.enabled=true"]);
    });

    it("scrapes the ops port of every replica, also of one that is not ready", () => {
      const service = objectsIn(text).find(({ metadata }) => metadata.name === "sluice-metrics");
      expect(service.spec).toMatchObject({ clusterIP: "None", publishNotReadyAddresses: true });
      const { selector, endpoints } = onlyOf("ServiceMonitor", text).spec;
      expect(service.metadata.labels).toMatchObject(selector.matchLabels);
      expect(endpoints[0].port).toBe(service.spec.ports[0].name);
    });
  });
});
