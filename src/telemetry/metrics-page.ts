import { collectDefaultMetrics, Registry } from "prom-client";

/** Metrics as a scraper reads them. */
export interface MetricsPage {
  readonly contentType: string;
  /** The page for a scraper. */
  render(): Promise<string>;
}

export interface MetricsPageOptions<Metrics> {
  /** Add those of the process: memory, CPU, event loop. */
  readonly process: boolean;
  /** Called before each scrape, to set what is only known then. */
  readonly beforeRender?: (metrics: Metrics) => void;
}

/** The metrics that `define` puts into a registry of their own, and the page that shows them. */
export function createMetricsPage<Own extends object>(
  options: MetricsPageOptions<Own & MetricsPage>,
  define: (registers: Registry[]) => Own,
): Own & MetricsPage {
  const registry = new Registry();
  if (options.process) collectDefaultMetrics({ register: registry });
  const metrics = {
    ...define([registry]),
    contentType: registry.contentType,
    render: () => {
      options.beforeRender?.(metrics);
      return registry.metrics();
    },
  };
  return metrics;
}
