import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "kubernetes-types/admissionregistration/v1";
import { describe, expect, it } from "vitest";
import { type ClientMark, markInjected } from "../../src/admission/marks.ts";
import { matchesLabels } from "../../src/datasets/juicefs/label-match.ts";
import { guardCommand, mountedCommand, supervisorCommand } from "../../src/pod/client-commands.ts";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import { viewsRoot } from "../../src/pod/shared-volume.ts";
import { celProblems } from "./cel-text.ts";
import { allOf, onlyOf } from "./install-file.ts";

const policy: ValidatingAdmissionPolicy = onlyOf("ValidatingAdmissionPolicy");
const bindings: ValidatingAdmissionPolicyBinding[] = allOf("ValidatingAdmissionPolicyBinding");
const variables = new Map(policy.spec?.variables?.map(({ name, expression }) => [name, expression]));
const expressions = [
  ...(policy.spec?.matchConditions ?? []).map(({ name, expression }) => [name, expression] as const),
  ...variables,
  ...(policy.spec?.validations ?? []).flatMap(({ expression, messageExpression = "" }, index) => [
    [`validation ${index}`, expression] as const,
    [`message ${index}`, messageExpression] as const,
  ]),
];

describe("the policy behind the last webhook", () => {
  it("denies, looks at created pods only, and lets a pod pass that is too large for CEL", () => {
    for (const { spec } of bindings)
      expect(spec).toMatchObject({ policyName: "sluice", validationActions: ["Deny"] });
    expect(policy.spec?.failurePolicy).toBe("Ignore");
    expect(policy.spec?.matchConstraints?.resourceRules).toEqual([
      {
        apiGroups: [""],
        apiVersions: ["v1"],
        operations: ["CREATE"],
        resources: ["pods"],
        scope: "Namespaced",
      },
    ]);
  });

  it.each([["fluid"], ["juicefs"], ["fluid", "juicefs"]] as const)(
    "is bound once to pods with clients of %s %s, and to no others",
    (...families) => {
      const boundTo = (labels: Record<string, string>) =>
        bindings.filter(({ spec }) => matchesLabels(spec?.matchResources?.objectSelector ?? {}, labels))
          .length;
      const editor = new PodEditor({ metadata: { labels: { app: "x" } }, spec: { containers: [] } });
      const marks = families.map((family, index) => markOf(`data-${index}`, index, family));
      markInjected(editor, marks, { mode: "sidecar", platform: "kubernetes", sidecar: "native" });
      expect(boundTo(editor.pod.metadata?.labels ?? {})).toBe(1);
      expect(boundTo({ app: "x", "sluice.io/inject": "true" })).toBe(0);
    },
  );

  it.each([
    [{}, true],
    [{ "sluice.io/inject": "true" }, true],
    [{ "sluice.io/inject": "false" }, false],
    [{ "fluid.io/enable-injection": "false" }, false],
  ])("can be opted out of: %j", (labels, expected) => {
    expect(matchesLabels(policy.spec?.matchConstraints?.objectSelector ?? {}, labels)).toBe(expected);
  });

  it.each([
    ["research", true],
    ["kube-system", false],
    ["sluice-system", false],
  ])("namespace %s: %s", (name, expected) => {
    const labels = { "kubernetes.io/metadata.name": name };
    expect(matchesLabels(policy.spec?.matchConstraints?.namespaceSelector ?? {}, labels)).toBe(expected);
  });

  it.each(expressions)("%s reads nothing that may be absent", (_, expression) => {
    // Nothing else is evaluated unless the conditions hold.
    const conditions = policy.spec?.matchConditions?.map((condition) => condition.expression) ?? [];
    expect(celProblems([...conditions, expression].map((part) => `(${part})`).join(" && "))).toEqual([]);
  });

  it("uses only variables that stand before", () => {
    const known = new Set<string>();
    for (const [name, expression] of expressions) {
      const used = [...expression.matchAll(/variables\.(\w+)/g)].map(([, variable]) => variable ?? "");
      expect(
        used.filter((variable) => !known.has(variable)),
        name,
      ).toEqual([]);
      known.add(name);
    }
  });

  it("knows a client that mounts straight by what asks for its mount", () => {
    const asks = mountedCommand(0, "/data", ["fuse"]);
    const early = variables.get("early") ?? "";
    expect([...early.matchAll(/command\[3\] == '([^']*)'/g)].map(([, name]) => name)).toEqual([
      asks[3],
      asks[3],
    ]);
    expect(early.match(/command\[5\] == shown\.mountPath/g)).toHaveLength(2);
    expect(asks[5]).toBe("/data");
  });

  it("knows our containers by what they run, and the views by where they are", () => {
    const supervisor = supervisorCommand({ mountPath: "/m", views: [], client: [] })[3];
    const guard = guardCommand([])[3];
    expect(variables.get("ours")).toContain(`c.command[3] in ['${supervisor}', '${guard}']`);
    expect(variables.get("early")?.match(/startsWith\('([^']*)'\)/g)).toEqual([
      `startsWith('${viewsRoot}/')`,
      `startsWith('${viewsRoot}/')`,
    ]);
  });

  it("finds the clients in the status as we write it", () => {
    const editor = new PodEditor({ metadata: {}, spec: { containers: [] } });
    const names = ["a.b-c", "data"];
    const clients = names.map((claim, index) => markOf(claim, index, "fluid"));
    markInjected(editor, clients, { mode: "sidecar", platform: "kubernetes", sidecar: "native" });
    const status = editor.pod.metadata?.annotations?.["sluice.io/status"] ?? "";
    const [find, findAll] = [...(variables.get("clients") ?? "").matchAll(/r'([^']*)'/g)].map(
      ([, pattern]) => new RegExp(pattern ?? "", "g"),
    );
    if (find === undefined || findAll === undefined) throw new Error("the expression has no two patterns");
    const found = (status.match(find)?.[0] ?? "").match(findAll)?.map((text) => text.slice(2, -1));
    expect(found).toEqual(["fluid-fuse-0", "fluid-fuse-1"]);
  });
});

function markOf(claim: string, index: number, family: ClientMark["family"]): ClientMark {
  return {
    claim,
    container: `fluid-fuse-${index}`,
    family,
    dataset: { namespace: "research", name: claim },
    scrapesMetrics: false,
    inUse: true,
  };
}
