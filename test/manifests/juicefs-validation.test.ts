import type { ValidatingWebhookConfiguration } from "kubernetes-types/admissionregistration/v1";
import type { ClusterRole } from "kubernetes-types/rbac/v1";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { describeRight, requiredRights } from "../../src/cli/check/required-rights.ts";
import { parseConfig } from "../../src/config.ts";
import { validationPaths } from "../../src/server/validation-route.ts";
import { celProblems } from "./cel-text.ts";
import { helm, renderChart, withoutHelm } from "./helm-chart.ts";
import { allOf, onlyOf, readInstallFile } from "./install-file.ts";

const kind = "ValidatingWebhookConfiguration";
const validate = "juicefs.validate=true";

it("nothing of JuiceFS is looked at when it is made unless that is asked for", () => {
  expect(allOf(kind, readInstallFile())).toEqual([]);
  expect(readInstallFile()).not.toContain("validatingwebhookconfigurations");
});

describe.skipIf(withoutHelm !== "")(`looking at Secrets and volumes of JuiceFS${withoutHelm}`, () => {
  const text = helm === "" ? "" : renderChart([validate]);
  const configurationIn = (given: string): ValidatingWebhookConfiguration => onlyOf(kind, given);

  it("calls the paths that are served, and never holds up anybody", () => {
    const { metadata, webhooks = [] } = configurationIn(text);
    expect(webhooks.map(({ clientConfig }) => clientConfig.service?.path)).toEqual(validationPaths);
    for (const hook of webhooks) {
      expect(hook).toMatchObject({
        failurePolicy: "Ignore",
        sideEffects: "None",
        admissionReviewVersions: ["v1", "v1beta1"],
        clientConfig: { service: { name: "sluice", namespace: "sluice-system", port: 443 } },
      });
      expect(hook.clientConfig.caBundle).toBeUndefined();
    }
    const config = parseConfig(parse(onlyOf("ConfigMap", text).data["config.yaml"]));
    expect(config.certificates.validatingWebhookConfiguration).toBe(metadata?.name);
  });

  it("takes Secrets with the driver's label, and static volumes of the driver, as the driver's own does", () => {
    const [secret, volume] = configurationIn(text).webhooks ?? [];
    expect(secret).toMatchObject({
      rules: [{ operations: ["CREATE", "UPDATE"], resources: ["secrets"] }],
      objectSelector: { matchLabels: { "juicefs.com/validate-secret": "true" } },
    });
    expect(volume).toMatchObject({ rules: [{ operations: ["CREATE"], resources: ["persistentvolumes"] }] });
    const conditions = [secret, volume].flatMap((hook) => hook?.matchConditions ?? []);
    expect(conditions).toHaveLength(2);
    for (const { expression } of conditions) expect(celProblems(expression)).toEqual([]);
    expect(conditions[1]?.expression).toContain("object.spec.csi.driver == 'csi.juicefs.com'");
    const other = configurationIn(renderChart([validate, 'juicefs.driver="jfs.example.com"']));
    expect(other.webhooks?.[1]?.matchConditions?.[0]?.expression).toContain("'jfs.example.com'");
    expect(() => renderChart([validate, `juicefs.driver="a' || true"`])).toThrow("juicefs.driver");
    const old = configurationIn(renderChart([validate], "1.29.0")).webhooks ?? [];
    expect(old.map(({ matchConditions }) => matchConditions)).toEqual([undefined, undefined]);
  });

  it("needs the right to that one object and no other", () => {
    const rules = (given: string) =>
      (onlyOf("ClusterRole", given) as ClusterRole).rules?.filter(({ resources }) =>
        resources?.includes("validatingwebhookconfigurations"),
      );
    expect(rules(text)).toEqual([
      {
        apiGroups: ["admissionregistration.k8s.io"],
        resources: ["validatingwebhookconfigurations"],
        resourceNames: ["sluice-juicefs"],
        verbs: ["get", "list", "watch", "patch"],
      },
    ]);
    const needed = requiredRights(
      "sluice-system",
      parseConfig(parse(onlyOf("ConfigMap", text).data["config.yaml"])),
    );
    expect(needed.map(describeRight)).toContain(
      "patch validatingwebhookconfigurations.admissionregistration.k8s.io sluice-juicefs",
    );
    const managed = renderChart([validate, 'certificates.source="cert-manager"']);
    expect(rules(managed)?.[0]?.verbs).toEqual(["get", "list", "watch"]);
    expect(configurationIn(managed).metadata?.annotations).toEqual({
      "cert-manager.io/inject-ca-from": "sluice-system/sluice",
    });
  });

  it("is left out with JuiceFS as a whole", () => {
    const without = renderChart([validate, "juicefs.enabled=false"]);
    expect(allOf(kind, without)).toEqual([]);
    expect(without).not.toContain("validatingwebhookconfigurations");
  });
});
