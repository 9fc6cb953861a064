import { checkPod, hasRules, type PodOrigins } from "../platforms/check-pod.ts";
import { checkStartOrder, type ShownVolume } from "../platforms/check-start-order.ts";
import type { Platform } from "../platforms/platform.ts";
import { checkPodSecurity } from "../platforms/pod-security.ts";
import type { ClientPlan } from "../pod/client-plan.ts";
import type { PodEditor } from "../pod/pod-editor.ts";
import { servedVolumes } from "../pod/serve-late-containers.ts";
import { directlyServed } from "../pod/serve-late-direct.ts";
import { describeRef } from "../types/object-ref.ts";
import { allContainers } from "../types/pod-containers.ts";
import type { Finding } from "../types/reason.ts";
import { sizeOfInstance } from "./instance-size.ts";
import type { Question } from "./question.ts";

/**
 * Holds the finished pod against the rules of its platform and of its namespace. `plans`: the clients that were put in
 * now; `earlier`: the containers of those that were in it already.
 */
export function checkFinished(
  { pod: finished }: PodEditor,
  { pod, namespace, cluster, config }: Question,
  platform: Platform,
  plans: readonly ClientPlan[],
  earlier: readonly string[],
): Finding[] {
  const labels = cluster.namespace(namespace)?.labels;
  const secured = labels?.["pod-security.kubernetes.io/enforce"] !== undefined;
  const { start, sizing } = platform;
  if (!hasRules(platform) && !secured && start.priority === undefined && sizing === undefined) return [];
  const clients = new Set([...plans.map(({ name }) => name), ...earlier]);
  const origins = originsOf(finished, pod, plans, clients);
  return [
    ...checkPod(finished, platform, origins),
    ...(start.priority === undefined ? [] : checkStartOrder(finished, platform, shownIn(finished))),
    ...(secured && labels !== undefined
      ? checkPodSecurity(finished, { name: namespace, labels }, origins, config.podSecurity === "warn")
      : []),
    ...(plans.length === 0 ? [] : sizeOfInstance(finished, platform, origins)),
  ];
}

function shownIn(pod: Question["pod"]): ShownVolume[] {
  return [...servedVolumes(pod, false), ...directlyServed(pod)];
}

function originsOf(
  finished: Question["pod"],
  before: Question["pod"],
  plans: readonly ClientPlan[],
  clients: ReadonlySet<string>,
): PodOrigins {
  const own = new Set(allContainers(before).map(({ name }) => name));
  const ownVolumes = new Set(before.spec?.volumes?.map(({ name }) => name));
  const sources = new Map(plans.map(({ name, template }) => [name, `from ${describeRef(template.source)}`]));
  const ours = "added for the clients";
  return {
    containers: new Map(
      allContainers(finished).flatMap(({ name }) =>
        own.has(name) && !clients.has(name) ? [] : [[name, sources.get(name) ?? ours] as const],
      ),
    ),
    volumes: new Map(
      (finished.spec?.volumes ?? []).flatMap(({ name }) =>
        ownVolumes.has(name) ? [] : [[name, ours] as const],
      ),
    ),
  };
}
