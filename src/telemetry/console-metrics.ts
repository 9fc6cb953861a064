import { Counter, Gauge, type Registry } from "prom-client";
import { createMetricsPage, type MetricsPage, type MetricsPageOptions } from "./metrics-page.ts";
import { createProblemMetrics, type ProblemMetrics } from "./problem-metrics.ts";
import { createWatchMetrics, type WatchMetrics } from "./watch-metrics.ts";

/** All metrics of one process that serves the console. */
export interface ConsoleMetrics extends MetricsPage, ProblemMetrics, WatchMetrics {
  /** One answer of the JSON API. */
  countAnswer(route: string, status: number): void;
  /** Pods that are kept in memory. */
  setPods(count: number): void;
}

/** Makes the metrics of a console and the page that shows them. */
export function createConsoleMetrics(options: MetricsPageOptions<ConsoleMetrics>): ConsoleMetrics {
  return createMetricsPage(options, define);
}

function define(registers: Registry[]): Omit<ConsoleMetrics, keyof MetricsPage> {
  const answers = new Counter({
    name: "sluice_console_answers_total",
    help: "Answers of the console's API, by route and HTTP status.",
    labelNames: ["route", "status"],
    registers,
  });
  const pods = new Gauge({
    name: "sluice_console_pods",
    help: "Pods with clients or claims that the console keeps in memory.",
    registers,
  });
  return {
    ...createProblemMetrics(registers),
    ...createWatchMetrics(registers),
    countAnswer: (route, status) => answers.inc({ route, status: String(status) }),
    setPods: (count) => pods.set(count),
  };
}
