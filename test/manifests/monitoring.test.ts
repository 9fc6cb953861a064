import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { clientReasons } from "../../src/types/client-reasons.ts";
import { reasons } from "../../src/types/reason.ts";
import { anchorsOf } from "../docs/markdown-links.ts";
import { readPage } from "../docs/page-file.ts";
import { metricPages } from "../support/metric-pages.ts";
import { readPromQl } from "../support/prom-ql.ts";
import { renderChart, withoutHelm } from "./helm-chart.ts";
import { chartFolder, objectsIn, onlyOf } from "./install-file.ts";

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;
const withoutPromtool = hasPromtool
  ? ""
  : " (skipped: there is no promtool; it comes with Debian's prometheus)";

const ruleFiles = ["webhook.yaml", "controllers.yaml"];
const rulesFolder = join(chartFolder, "rules");
const unitTests = new URL("alerts/", import.meta.url).pathname;

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

const groupsIn = (file: string): { rules: Alert[] }[] =>
  parse(readFileSync(join(rulesFolder, file), "utf8")).groups;
const alerts = ruleFiles.flatMap((file) => groupsIn(file).flatMap(({ rules }) => rules));
const dashboardText = readFileSync(join(chartFolder, "dashboards/sluice.json"), "utf8");
const dashboard: { panels: Panel[]; templating: { list: { definition?: string }[] } } =
  JSON.parse(dashboardText);
const panels = dashboard.panels;

const expressions: [string, string][] = [
  ...alerts.map(({ alert, expr }): [string, string] => [`alert ${alert}`, expr]),
  ...panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [
      `panel "${title}"`,
      // Grafana's own, of which PromQL knows nothing.
      expr.replaceAll("$__rate_interval", "5m"),
    ]),
  ),
];

describe("alerts and dashboard", () => {
  /** Labels by sample name. */
  const samples = new Map<string, string[]>();
  const families = new Set<string>();
  beforeAll(async () => {
    const page = await metricPages();
    for (const [, name = ""] of page.matchAll(/^# TYPE (sluice_\w+)/gm)) families.add(name);
    for (const [, name = "", labels = ""] of page.matchAll(/^([a-z]\w*)(?:\{(.*)\})? \S+$/gm))
      samples.set(
        name,
        [...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label),
      );
  });
  // Prometheus itself and its operator add these.
  const added = ["job", "instance", "namespace", "pod", "service", "endpoint", "container"];

  it.each(expressions)("%s asks for metrics and labels that there are: %s", (_where, expression) => {
    const asked = readPromQl(expression);
    const names = asked.metrics.filter((name) => name !== "up");
    expect(names.filter((name) => !samples.has(name))).toEqual([]);
    const labels = new Set([...added, ...names.flatMap((name) => samples.get(name) ?? [])]);
    expect(asked.labels.filter((label) => !labels.has(label))).toEqual([]);
  });

  const values: Readonly<Record<string, readonly string[]>> = {
    code: Object.keys(reasons),
    reason: Object.keys(clientReasons),
    verdict: ["injected", "unchanged", "rejected"],
    cache: ["on", "off", "unknown"],
  };
  const matches = expressions.flatMap(([where, expression]) =>
    readPromQl(expression)
      .matches.filter(({ label }) => label in values)
      .map(({ label, value }) => [where, label, value] as const),
  );

  it.each(matches)("%s matches a value that there is: %s=%s", (_where, label, value) => {
    expect(values[label]).toContain(value);
  });

  it("name an unknown metric or label in this test", () => {
    expect(readPromQl('sum by (a) (rate(b_total{c=~"x|y"}[5m])) > on (d) e')).toEqual({
      metrics: ["b_total", "e"],
      labels: ["a", "c", "d"],
      matches: [
        { label: "c", value: "x" },
        { label: "c", value: "y" },
      ],
    });
    expect(() => readPromQl("sum(")).toThrow(/no PromQL/);
  });

  it("show every metric of ours somewhere, and docs/operations.md names each", () => {
    const used = new Set(expressions.flatMap(([, expression]) => readPromQl(expression).metrics));
    const told = readPage("operations.md");
    expect([...families].filter((name) => !told.includes(`\`${name}`))).toEqual([]);
    const silent = [...families].filter((name) => !used.has(name) && !used.has(`${name}_bucket`));
    expect(silent.sort()).toEqual([
      "sluice_audit_timestamp_seconds",
      "sluice_audited_pods",
      "sluice_controller_work_duration_seconds",
      "sluice_patch_bytes",
      "sluice_unaudited_namespaces",
    ]);
  });
});

describe("alerts", () => {
  it.each(alerts.map((one): [string, Alert] => [one.alert, one]))("%s says what to do", (name, alert) => {
    expect(["critical", "warning", "info"]).toContain(alert.labels["severity"]);
    expect(alert.annotations["summary"]?.length).toBeGreaterThan(20);
    const anchor = name.toLowerCase();
    expect(alert.annotations["runbook"]).toBe(`docs/troubleshooting.md#${anchor}`);
    expect(anchorsOf(readPage("troubleshooting.md"))).toContain(anchor);
  });

  const tested = readdirSync(unitTests).flatMap(
    (file): { alert_rule_test: { alertname: string; exp_alerts?: [] }[] }[] =>
      parse(readFileSync(join(unitTests, file), "utf8")).tests,
  );
  it("are each tested to fire, and not to", () => {
    const cases = tested.flatMap((test) => test.alert_rule_test);
    for (const { alert } of alerts) {
      const own = cases.filter(({ alertname }) => alertname === alert);
      const fires = own.filter(({ exp_alerts = [] }) => exp_alerts.length > 0);
      expect([fires.length > 0, own.length > fires.length], alert).toEqual([true, true]);
    }
  });

  it.skipIf(!hasPromtool)(`are valid for Prometheus${withoutPromtool}`, () => {
    const files = ruleFiles.map((file) => join(rulesFolder, file));
    const checked = spawnSync("promtool", ["check", "rules", ...files], { encoding: "utf8" });
    expect(checked.status, checked.stderr + checked.stdout).toBe(0);
  });

  it.skipIf(!hasPromtool)(`do as their unit tests say${withoutPromtool}`, () => {
    const files = readdirSync(unitTests).map((file) => join(unitTests, file));
    const ran = spawnSync("promtool", ["test", "rules", ...files], { encoding: "utf8" });
    expect(ran.status, ran.stderr + ran.stdout).toBe(0);
  });
});

describe("the dashboard", () => {
  it("has panels that do not lie on each other, each with a title of its own", () => {
    const all = panels.map(({ title }) => title);
    expect(new Set(all).size).toBe(all.length);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const a of panels)
      for (const b of panels)
        if (a !== b) {
          const [p, q] = [a.gridPos, b.gridPos];
          const apart = p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y;
          expect(apart && p.x + p.w <= 24, `${a.title}, ${b.title}`).toBe(true);
        }
  });
});

describe.skipIf(withoutHelm !== "")(`the chart's monitoring${withoutHelm}`, () => {
  const render = (...values: string[]) => renderChart(values);
  const groups = (...values: string[]) =>
    onlyOf("PrometheusRule", render("monitoring.prometheusRule.enabled=true", ...values)).spec.groups;
  const dashboardIn = (text: string) =>
    objectsIn(text).find(
      ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "sluice-dashboard",
    );

  it("is not there unless it is asked for", () => {
    const text = render();
    expect(text).not.toContain("PrometheusRule");
    expect(dashboardIn(text)).toBeUndefined();
  });

  it("brings the alerts as they are in their files, those on the controllers where there are any", () => {
    expect(groups()).toEqual(groupsIn("webhook.yaml"));
    expect(groups("controllers.enabled=true")).toEqual(ruleFiles.flatMap(groupsIn));
  });

  it("brings the dashboard as it is in its file, where Grafana's sidecar finds it", () => {
    const map = dashboardIn(render("monitoring.dashboard.enabled=true"));
    expect(map.metadata).toMatchObject({ namespace: "sluice-system", labels: { grafana_dashboard: "1" } });
    expect(JSON.parse(map.data["sluice.json"])).toEqual(dashboard);
    const elsewhere = render(
      "monitoring.dashboard.enabled=true",
      'monitoring.dashboard.namespace="monitoring"',
      'monitoring.dashboard.annotations={"grafana_folder":"Storage"}',
    );
    expect(dashboardIn(elsewhere).metadata).toMatchObject({
      namespace: "monitoring",
      annotations: { grafana_folder: "Storage" },
    });
  });
});
