import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type ClientMetrics, createClientMetrics } from "./client-metrics.ts";
import { createMetricsPage, type MetricsPage, type MetricsPageOptions } from "./metrics-page.ts";
import { createMissedMetrics, type MissedMetrics } from "./missed-metrics.ts";
import { createProblemMetrics, type ProblemMetrics } from "./problem-metrics.ts";
import { createWatchMetrics, type WatchMetrics } from "./watch-metrics.ts";

/** All metrics of one process that does background work. */
export interface ControllerMetrics
  extends MetricsPage,
    ProblemMetrics,
    WatchMetrics,
    ClientMetrics,
    MissedMetrics {
  setLeader(leads: boolean): void;
  /** One look at one object, what it came to in one word, and how long it took. */
  countWork(controller: string, result: string, seconds: number): void;
  setQueueDepth(controller: string, objects: number): void;
  /** From the end of the last container that needed a client to our telling the client to end. */
  observeEndLag(seconds: number): void;
  /** One Event that was to be told, and what became of it in one word. */
  countEvent(result: string): void;
  /** Pods whose gate is closed. */
  setWaitingPods(count: number): void;
}

/** Makes the metrics of the background work and the page that shows them. */
export function createControllerMetrics(options: MetricsPageOptions<ControllerMetrics>): ControllerMetrics {
  return createMetricsPage(options, define);
}

function define(registers: Registry[]): Omit<ControllerMetrics, keyof MetricsPage> {
  const leader = new Gauge({
    name: "sluice_leader",
    help: "1 where this process leads and does the background work.",
    registers,
  });
  const work = new Counter({
    name: "sluice_controller_work_total",
    help: "Looks at an object, by what came of each.",
    labelNames: ["controller", "result"],
    registers,
  });
  const duration = new Histogram({
    name: "sluice_controller_work_duration_seconds",
    help: "How long one look at one object took.",
    labelNames: ["controller"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const depth = new Gauge({
    name: "sluice_controller_queue_depth",
    help: "Objects that wait to be looked at or are being looked at.",
    labelNames: ["controller"],
    registers,
  });
  const endLag = new Histogram({
    name: "sluice_client_end_lag_seconds",
    help: "Time from the end of the last container that needed a client to its being told to end.",
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  });
  const events = new Counter({
    name: "sluice_events_total",
    help: "Kubernetes Events about what is done, by what became of each.",
    labelNames: ["result"],
    registers,
  });
  const waiting = new Gauge({
    name: "sluice_pods_waiting_for_cache",
    help: "Pods that are not scheduled because their datasets' cache is not warm yet.",
    registers,
  });

  return {
    ...createProblemMetrics(registers),
    ...createWatchMetrics(registers),
    ...createMissedMetrics(registers),
    ...createClientMetrics(registers),
    setLeader: (leads) => leader.set(leads ? 1 : 0),
    countWork: (controller, result, seconds) => {
      work.inc({ controller, result });
      duration.observe({ controller }, seconds);
    },
    setQueueDepth: (controller, objects) => depth.set({ controller }, objects),
    observeEndLag: (seconds) => endLag.observe(seconds),
    countEvent: (result) => events.inc({ result }),
    setWaitingPods: (count) => waiting.set(count),
  };
}
