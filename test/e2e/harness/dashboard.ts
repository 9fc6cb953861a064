import { readFileSync } from "node:fs";
import { eventually } from "./eventually.ts";
import { at, textAt } from "./fields.ts";
import type { Prometheus } from "./prometheus.ts";

/** A query of a panel, its variables filled in as Grafana does where all are chosen. */
export interface PanelQuery {
  readonly panel: string;
  readonly expression: string;
}

interface Dashboard {
  readonly templating: {
    readonly list: readonly {
      name: string;
      type: string;
      allValue?: string;
      query: string | { query: string };
    }[];
  };
  readonly panels: readonly { title: string; targets?: readonly { expr: string }[] }[];
}

/** The queries of the chart's dashboard on a Prometheus that has scraped something of ours. */
export async function dashboardQueries(prometheus: Prometheus): Promise<readonly PanelQuery[]> {
  const file = new URL("../../../manifests/chart/dashboards/sluice.json", import.meta.url);
  const { templating, panels }: Dashboard = JSON.parse(readFileSync(file, "utf8"));
  // Longer than any test waits: what has happened since it began stays in sight.
  const values = new Map([["__rate_interval", "10m"]]);
  const fill = (text: string) => text.replace(/\$(\w+)/g, (whole, name: string) => values.get(name) ?? whole);
  for (const { name, type, query, allValue } of templating.list) {
    if (type !== "query" || typeof query === "string") continue;
    const asked = /^label_values\((.+), (\w+)\)$/.exec(fill(query.query));
    const [, selector = "", label = ""] = asked ?? [];
    const found = await eventually(`there are values for the dashboard's ${name}`, async () => {
      const series = await prometheus.query(`count by (${label}) (${selector})`);
      return series.length > 0 ? series.map((one) => textAt(one, "metric", label)) : undefined;
    });
    values.set(name, allValue ?? (found.length === 1 ? (found[0] ?? "") : `(${found.join("|")})`));
  }
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ panel: title, expression: fill(expr) })),
  );
}

/** Those panels of which a query has no series now, or only such as are no number. Throws where Prometheus refuses one. */
export async function panelsWithoutData(prometheus: Prometheus): Promise<readonly string[]> {
  const without = new Set<string>();
  for (const { panel, expression } of await dashboardQueries(prometheus)) {
    const series = await prometheus.query(expression);
    const numbers = series.filter((one) => Number.isFinite(Number(at(one, "value", 1))));
    if (numbers.length === 0) without.add(panel);
  }
  return [...without].sort();
}
