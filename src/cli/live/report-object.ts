import type { Pod } from "kubernetes-types/core/v1";
import type { RawObject } from "../../cluster/raw-fields.ts";
import { findClients } from "../../pod/find-clients.ts";
import type { FactSource } from "./fact-source.ts";
import type { AskedObject } from "./object-kinds.ts";
import { type PodReport, reportPod } from "./pod-report.ts";
import { readPodsOf } from "./workload-pods.ts";
import { judgeNextPod, podsToTellOf, summarize, type WorkloadReport } from "./workload-report.ts";

/** Reads what a report about a pod rests on, and makes it. */
export async function reportLivePod(pod: Pod, namespace: string, source: FactSource): Promise<PodReport> {
  const clients = findClients(pod);
  const name = pod.spec?.nodeName;
  const [node, evidence] = await Promise.all([
    name ? source.node(name) : undefined,
    clients.length === 0 ? undefined : source.evidence(pod, clients),
  ]);
  return source.ask((state) => reportPod({ pod, namespace, node, evidence }, state));
}

/** The same of a workload, and of those of its pods that are not well or differ. Throws `InputError`. */
export async function reportLiveWorkload(
  raw: RawObject,
  asked: AskedObject,
  namespace: string,
  source: FactSource,
): Promise<WorkloadReport> {
  const next = await source.ask((state) => judgeNextPod(raw, asked, namespace, state));
  const pods = await readPodsOf(raw, asked.kind.kind, namespace, source);
  const summaries = pods.map(summarize);
  const details: PodReport[] = [];
  for (const pod of podsToTellOf(pods, summaries, next))
    details.push(await reportLivePod(pod, namespace, source));
  const { kind } = asked.kind;
  return { kind, namespace, name: asked.name, ...next, pods: summaries, details };
}
