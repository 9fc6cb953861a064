import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { createLiveMetrics, type LiveMetrics } from "./live-metrics.ts";
import { createMetricsPage, type MetricsPage, type MetricsPageOptions } from "./metrics-page.ts";
import { createProblemMetrics, type ProblemMetrics } from "./problem-metrics.ts";
import type { ReviewOutcome } from "./review-outcome.ts";

/** All metrics of one server, in a registry of their own. */
export interface Metrics extends MetricsPage, ProblemMetrics, LiveMetrics {
  countReview(outcome: ReviewOutcome): void;
  /** A request that got an HTTP error instead of an AdmissionReview. */
  countRefusedRequest(status: number): void;
  reviewsInWork(count: number): void;
  /** An object that was only looked at, by the path of its review. */
  countValidation(path: string, verdict: "allowed" | "rejected"): void;
  setCertificateExpiry(notAfter: Date): void;
  setClusterObjects(kind: string, count: number): void;
}

/** Makes the metrics of a webhook and the page that shows them. */
export function createMetrics(options: MetricsPageOptions<Metrics>): Metrics {
  return createMetricsPage(options, define);
}

function define(registers: Registry[]): Omit<Metrics, keyof MetricsPage> {
  const reviews = new Counter({
    name: "sluice_reviews_total",
    help: "Reviews answered, each counted once under its main reason.",
    labelNames: ["verdict", "mode", "code"],
    registers,
  });
  const alikeReviews = new Counter({
    name: "sluice_alike_reviews_total",
    help: "Reviews answered as one that asked the same had been, such as of a workload's replicas.",
    registers,
  });
  const duration = new Histogram({
    name: "sluice_review_duration_seconds",
    help: "Time from a whole review received to its answer.",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  const refusedRequests = new Counter({
    name: "sluice_refused_requests_total",
    help: "Requests answered with an HTTP error instead of an AdmissionReview.",
    labelNames: ["status"],
    registers,
  });
  const inWork = new Gauge({
    name: "sluice_reviews_in_work",
    help: "Reviews being worked on now.",
    registers,
  });
  const validations = new Counter({
    name: "sluice_validations_total",
    help: "Secrets and volumes of JuiceFS that were looked at, by the path that was called.",
    labelNames: ["path", "verdict"],
    registers,
  });
  const certificateExpiry = new Gauge({
    name: "sluice_certificate_expiry_timestamp_seconds",
    help: "When the serving certificate expires, in seconds since 1970.",
    registers,
  });
  const clusterObjects = new Gauge({
    name: "sluice_cluster_objects",
    help: "Kubernetes objects known, by kind.",
    labelNames: ["kind"],
    registers,
  });

  const patchSize = new Histogram({
    name: "sluice_patch_bytes",
    help: "Size of the JSON patches that were answered.",
    buckets: [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000],
    registers,
  });

  return {
    ...createProblemMetrics(registers),
    ...createLiveMetrics(registers),
    countReview: ({ verdict, mode, code, alike, seconds, patchBytes }) => {
      if (alike) alikeReviews.inc();
      reviews.inc({ verdict, mode: mode ?? "", code });
      duration.observe(seconds);
      if (patchBytes !== undefined) patchSize.observe(patchBytes);
    },
    countRefusedRequest: (status) => refusedRequests.inc({ status: String(status) }),
    reviewsInWork: (count) => inWork.set(count),
    countValidation: (path, verdict) => validations.inc({ path, verdict }),
    setCertificateExpiry: (notAfter) => certificateExpiry.set(notAfter.getTime() / 1000),
    setClusterObjects: (kind, count) => clusterObjects.set({ kind }, count),
  };
}
