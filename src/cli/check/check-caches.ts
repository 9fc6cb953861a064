import { defaultTiming } from "../../cluster/live-timing.ts";
import {
  type CheckResult,
  type Finding,
  ok,
  portForwardRemedy,
  unread,
  warning,
  worst,
} from "./check-result.ts";
import { type Facts, known, type OpsReport } from "./facts.ts";
import type { MetricSample } from "./parse-metrics.ts";

/** A watch is opened anew after its time, and what then goes wrong is tried again for a while. */
const staleSeconds = defaultTiming.watchSeconds[1] + 60;

/** Whether each replica is ready and knows the cluster as it is now. */
export function checkCaches({ replicas, namespace }: Facts): CheckResult | undefined {
  const check = "caches";
  if ("problem" in replicas) return { check, ...unread("the pods", replicas.problem) };
  if (replicas.value.length === 0) return undefined;
  const findings = replicas.value.flatMap(({ name, ops }): Finding[] =>
    "problem" in ops
      ? [warning(`${name} could not be asked: ${ops.problem}`, portForwardRemedy(namespace))]
      : judge(name, ops.value, `kubectl -n ${namespace} logs ${name}`),
  );
  return { check, ...worst(findings, ok(describe(replicas.value.flatMap(({ ops }) => known(ops) ?? [])))) };
}

function judge(name: string, { notReady, metrics, now }: OpsReport, look: string): Finding[] {
  if (notReady !== undefined) return [warning(`${name} is not ready: ${notReady}`, `see its log: ${look}`)];
  const findings = samplesOf(metrics, "sluice_problems")
    .filter(({ value }) => value > 0)
    .map(({ labels }) =>
      warning(`${name} works around something wrong with its ${labels["with"]}`, `its log names it: ${look}`),
    );
  const old = contactsOf(metrics)
    .map(({ labels, value }) => ({
      resource: labels["resource"] ?? "",
      seconds: Math.round(now / 1000 - value),
    }))
    .filter(({ seconds }) => seconds > staleSeconds);
  for (const { resource, seconds } of old)
    findings.push(
      warning(
        `${name} has not heard of ${resource} for ${Math.round(seconds / 60)} min`,
        `its log says why: ${look}`,
      ),
    );
  return findings;
}

function describe(reports: readonly OpsReport[]): string {
  const ages = reports.flatMap(({ metrics, now }) =>
    contactsOf(metrics).map(({ value }) => now / 1000 - value),
  );
  const objects = reports.map(({ metrics }) =>
    samplesOf(metrics, "sluice_cluster_objects").reduce((sum, { value }) => sum + value, 0),
  );
  const oldest = Math.max(0, ...ages.map(Math.round));
  const ready = reports.length === 1 ? "1 replica is ready" : `${reports.length} replicas are ready`;
  return `${ready}: ${Math.max(0, ...objects)} objects, last contact at most ${oldest} s ago`;
}

function contactsOf(metrics: readonly MetricSample[]): MetricSample[] {
  return samplesOf(metrics, "sluice_watch_last_contact_timestamp_seconds");
}

function samplesOf(metrics: readonly MetricSample[], wanted: string): MetricSample[] {
  return metrics.filter(({ name }) => name === wanted);
}
