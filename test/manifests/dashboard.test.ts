import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPromQl } from "../support/prom-ql.ts";
import type { GrafanaDashboard } from "./grafana-dashboard.ts";
import { chartFolder } from "./install-file.ts";

const text = readFileSync(join(chartFolder, "dashboards/sluice.json"), "utf8");
const dashboard: GrafanaDashboard = JSON.parse(text);
const shown = dashboard.panels.filter((panel) => panel.type !== "row");
const targets = shown.flatMap((panel) =>
  panel.targets.map((target) => ({ panel, target, expr: target.expr.replaceAll("$__rate_interval", "5m") })),
);

describe("the dashboard, by Grafana's own types", () => {
  const types = new URL("grafana-dashboard.ts", import.meta.url).pathname;
  const compiler = new URL("../../node_modules/typescript/bin/tsc", import.meta.url).pathname;
  const broken: readonly [what: string, from: string, to: string][] = [
    ["a setting that there is none of", '"graphTooltip"', '"graphTooltips"'],
    ["a member of no enum, of texts", '"displayMode": "table"', '"displayMode": "tabel"'],
    ["a member of no enum, of numbers", '"refresh": 2', '"refresh": 9'],
    ["a place without a width", '"w": 3,', ""],
    ["a setting of another kind of panel", '"colorMode": "value"', '"legend": {}'],
    ["a kind of panel that is not known", '"type": "stat"', '"type": "singlestat"'],
    ["a threshold that is a text", '"value": 432000', '"value": "5d"'],
  ];

  it("is one, and what is none is found", { timeout: 120_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-dashboard-"));
    const write = (name: string, json: string) =>
      writeFileSync(
        join(folder, name),
        `import type { GrafanaDashboard } from ${JSON.stringify(types)};\nexport const dashboard: GrafanaDashboard = ${json};\n`,
      );
    try {
      write("right.ts", text);
      for (const [index, [what, from, to]] of broken.entries()) {
        expect(text, what).toContain(from);
        write(`wrong-${index}.ts`, text.replace(from, to));
      }
      const files = ["right.ts", ...broken.map((_, index) => `wrong-${index}.ts`)];
      const options = [
        "--ignoreConfig",
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--allowImportingTsExtensions",
      ];
      const modules = [
        "--target",
        "es2023",
        "--module",
        "esnext",
        "--moduleResolution",
        "bundler",
        "--types",
        "",
      ];
      const { stdout } = spawnSync(process.execPath, [compiler, ...options, ...modules, ...files], {
        cwd: folder,
        encoding: "utf8",
      });
      const found = stdout.split("\n").filter((line) => /^\S/.test(line));
      expect(found.filter((line) => !line.startsWith("wrong-"))).toEqual([]);
      for (const [index, [what]] of broken.entries())
        expect(
          found.some((line) => line.startsWith(`wrong-${index}.ts(`)),
          what,
        ).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

// The rules of Grafana's dashboard-linter (github.com/grafana/dashboard-linter, docs/rules), as far as they fit.
describe("the dashboard, by the rules of Grafana's linter", () => {
  it("lets its source of data be chosen, and asks no other", () => {
    const source = { type: "prometheus", uid: "$" + "{datasource}" };
    const [first, ...others] = dashboard.templating.list;
    expect(first).toMatchObject({ type: "datasource", name: "datasource", label: "Data source" });
    for (const { datasource } of [...others, ...shown, ...targets.map(({ target }) => target)])
      expect(datasource).toEqual(source);
  });

  it("lets jobs and instances be chosen, looks for them anew, and keeps to them", () => {
    const [, job, instance] = dashboard.templating.list;
    const chosen = { type: "query", multi: true, includeAll: true, refresh: 2 };
    expect(job).toMatchObject({ ...chosen, name: "job", label: "Job" });
    expect(instance).toMatchObject({ ...chosen, name: "instance", label: "Instance", allValue: ".+" });
    // The linter wants ".+" here too; but `up` and the processes' metrics are there of every job of a Prometheus.
    expect(job?.allValue).toBeUndefined();
    for (const { expr } of targets) {
      const { metrics, matches } = readPromQl(expr);
      for (const label of ["job", "instance"])
        expect(matches.filter((match) => match.label === label && match.value === `$${label}`).length).toBe(
          metrics.length,
        );
    }
  });

  it.each(targets)("$panel.title: $expr counts by time and names each line", ({ panel, target, expr }) => {
    const counters = [...expr.matchAll(/\w+_(?:total|bucket)\{/g)].length;
    const rates = [...target.expr.matchAll(/\b(?:rate|increase)\(\w+\{[^}]*\}\[(.+?)\]\)/g)];
    expect(rates.length).toBeGreaterThanOrEqual(counters);
    const range = panel.title.endsWith(", last hour") ? "1h" : "$__rate_interval";
    for (const [, asked] of rates) expect(asked).toBe(range);
    if (panel.type === "stat") {
      expect(target.instant).toBe(true);
      return;
    }
    expect(target.legendFormat).not.toBe("");
    const lines = [...expr.matchAll(/\b(?:sum|max|min) by \(([^)]*)\)/g)].flatMap(([, by = ""]) =>
      by.split(", "),
    );
    for (const label of lines.filter((label) => label !== "le"))
      expect(target.legendFormat).toContain(`{{${label}}}`);
    // Else one event would stand in several bars, each as long as four scrapes or more.
    if (expr.includes("increase(")) expect(panel.interval).toBe("2m");
  });

  it.each(shown)("$title says what it shows, in a unit that Grafana knows", (panel) => {
    expect(panel.title).not.toBe("");
    expect(panel.description).toMatch(/^[A-Z0-9a-z].+\.$/);
    // Those in use, of packages/grafana-data/src/valueFormats/categories.ts.
    expect(["short", "s", "bytes", "reqps", "ops"]).toContain(panel.fieldConfig.defaults.unit);
    const names = panel.targets.map(({ refId }) => refId);
    expect(new Set(names).size).toBe(names.length);
  });

  it("is not changed in Grafana, where the next installation would undo it", () => {
    expect(dashboard.editable).toBe(false);
  });
});
