import type { ClusterRole, Role, RoleBinding } from "kubernetes-types/rbac/v1";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { describeRight, requiredRights } from "../../src/cli/check/required-rights.ts";
import { parseConfig } from "../../src/config.ts";
import { objectsIn, onlyOf, readInstallFile } from "./install-file.ts";

const clusterRole: ClusterRole = onlyOf("ClusterRole");
const role: Role = onlyOf("Role");

/** What `sluice check` asks for: the chart gives it and no more. */
const needed = requiredRights("sluice-system", parseConfig(parse(onlyOf("ConfigMap").data["config.yaml"])));

/** One line for each verb on each resource: "get secrets sluice-certs". */
function rights({ rules = [] }: ClusterRole | Role): string[] {
  return rules
    .flatMap(({ verbs, apiGroups = [], resources = [], resourceNames = [""], nonResourceURLs = [] }) => {
      expect(nonResourceURLs).toEqual([]);
      return verbs.flatMap((verb) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            resourceNames.map((name) =>
              [verb, group === "" ? resource : `${resource}.${group}`, name].filter(Boolean).join(" "),
            ),
          ),
        ),
      );
    })
    .sort();
}

describe("what the webhook may do", () => {
  it("in the whole cluster is to read what it decides by, and to patch its own registration (W25)", () => {
    // A Role for the plugin profile would need Fluid's namespace to exist.
    const wanted = needed.filter(({ namespace }) => namespace !== "sluice-system");
    expect(rights(clusterRole)).toEqual(wanted.map(describeRight).sort());
  });

  it("in its own namespace is to keep its own Secret", () => {
    const wanted = needed.filter(({ namespace }) => namespace === "sluice-system");
    expect(rights(role)).toEqual(wanted.map(describeRight).sort());
    expect(role.metadata?.namespace).toBe("sluice-system");
  });

  it("is given to its ServiceAccount alone", () => {
    const bindings: RoleBinding[] = objectsIn(readInstallFile()).filter(({ kind }) =>
      kind.endsWith("RoleBinding"),
    );
    expect(bindings.map(({ kind, roleRef }) => [kind, roleRef.kind, roleRef.name]).sort()).toEqual([
      ["ClusterRoleBinding", "ClusterRole", "sluice"],
      ["RoleBinding", "Role", "sluice"],
    ]);
    for (const { subjects } of bindings)
      expect(subjects).toEqual([{ kind: "ServiceAccount", name: "sluice", namespace: "sluice-system" }]);
  });
});
