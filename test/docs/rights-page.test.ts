import { describe, expect, it } from "vitest";
import { renderChart, withoutHelm } from "../manifests/helm-chart.ts";
import { objectsIn } from "../manifests/install-file.ts";
import { expectGenerated } from "./page-file.ts";

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const render = (values: readonly string[]) => objectsIn(renderChart(values));

/** One line for each right: "sluice | whole cluster | nodes | get, list, watch". */
function rights(values: readonly string[]): string[] {
  const objects = render(values);
  return objects
    .filter(({ kind }) => kind === "ClusterRoleBinding" || kind === "RoleBinding")
    .flatMap(({ roleRef, metadata, subjects }) => {
      const role = objects.find(
        (one) =>
          one.kind === roleRef.kind &&
          one.metadata.name === roleRef.name &&
          (roleRef.kind === "ClusterRole" || one.metadata.namespace === metadata.namespace),
      );
      const where =
        metadata.namespace === undefined ? "the whole cluster" : `namespace \`${metadata.namespace}\``;
      // A role of the cluster's own, such as system:auth-delegator, is told of by its name.
      const rules: Rule[] = role?.rules ?? [];
      return subjects.flatMap(({ name }: { name: string }) =>
        role === undefined
          ? [`| \`${name}\` | ${where} | all of ${roleRef.kind} \`${roleRef.name}\` | |`]
          : rules.flatMap(({ apiGroups = [], resources = [], resourceNames = [], verbs }) =>
              apiGroups.map((group) => {
                const of = resources.map((resource) => (group === "" ? resource : `${resource}.${group}`));
                const only = resourceNames.length === 0 ? "" : ` \`${resourceNames.join("`, `")}\` only`;
                return `| \`${name}\` | ${where} | ${of.join(", ")}${only} | ${verbs.join(", ")} |`;
              }),
            ),
      );
    });
}

const variants: readonly {
  readonly title: string;
  readonly values: readonly string[];
  readonly over: readonly string[];
}[] = [
  { title: "As installed by default", values: [], over: [] },
  {
    title: "With `controllers.enabled=true`",
    values: ["controllers.enabled=true", "controllers.audit.enabled=false"],
    over: [],
  },
  {
    title: "With `controllers.audit.enabled=true`, the default of the controllers, besides",
    values: ["controllers.enabled=true"],
    over: ["controllers.enabled=true", "controllers.audit.enabled=false"],
  },
  {
    title: "With `controllers.audit.restart.enabled=true` besides",
    values: ["controllers.enabled=true", "controllers.audit.restart.enabled=true"],
    over: ["controllers.enabled=true"],
  },
  {
    title: "With `juicefs.validate=true` besides",
    values: ["controllers.enabled=true", "juicefs.validate=true"],
    over: ["controllers.enabled=true"],
  },
  {
    title: "With `juicefs.secrets.namespaces=[storage]` besides",
    values: ["controllers.enabled=true", 'juicefs.secrets.namespaces=["storage"]'],
    over: ["controllers.enabled=true"],
  },
  {
    title: "With `juicefs.secrets.clusterWide=true` besides",
    values: ["controllers.enabled=true", "juicefs.secrets.clusterWide=true"],
    over: ["controllers.enabled=true"],
  },
  {
    title: "With `controllers.copyClientObjects={from: [vision], to: [research]}` besides",
    values: [
      "controllers.enabled=true",
      'controllers.copyClientObjects={"from":["vision"],"to":["research"]}',
    ],
    over: ["controllers.enabled=true"],
  },
  { title: "With `console.enabled=true`", values: ["console.enabled=true"], over: [] },
];

describe.skipIf(withoutHelm !== "")(`docs/security.md${withoutHelm}`, () => {
  it("lists every right that the chart grants", () => {
    const sections = variants.map(({ title, values, over }) => {
      const known = new Set(values.length === 0 ? [] : rights(over));
      const more = [...new Set(rights(values))].filter((line) => !known.has(line)).sort();
      expect(more.length, title).toBeGreaterThan(0);
      return `### ${title}\n\n| ServiceAccount | in | on | may |\n|---|---|---|---|\n${more.join("\n")}\n`;
    });
    expectGenerated("security.md", "rights", sections.join("\n"));
  });

  it("knows every ServiceAccount that the chart can make", () => {
    const all = render(["controllers.enabled=true", "console.enabled=true"])
      .filter(({ kind }) => kind === "ServiceAccount")
      .map(({ metadata }) => metadata.name);
    const told = variants.flatMap(({ values }) => rights(values)).map((line) => /`(.*?)`/.exec(line)?.[1]);
    expect(all.filter((name) => !told.includes(name))).toEqual([]);
  });

  it("says rightly that nothing but the controllers may write to Secrets other than the certificate's", () => {
    const secrets = rights(["console.enabled=true"]).filter((line) => / secrets/.test(line));
    for (const line of secrets) expect(line).toContain("namespace `sluice-system`");
  });
});
