import type { Judgement } from "./client-judgement.ts";
import type { ClientLog } from "./client-log.ts";
import { troubleOfEnd } from "./container-trouble.ts";
import type { PodClient } from "./find-clients.ts";
import type { PodStatuses } from "./pod-statuses.ts";

/** How a client is whose containers run: whether its mount is there, as far as that can be seen from outside. */
export function judgeRunning(client: PodClient, pod: PodStatuses, log: ClientLog | undefined): Judgement {
  return (
    findOrphans(client, pod) ??
    judgeByLog(client, pod, log) ??
    findMissingMount(client, pod) ??
    judgeServing(client, pod, log)
  );
}

/** Somebody who has been running since before the client's last start, and does not see what it mounts now. */
function findOrphans(client: PodClient, pod: PodStatuses): Judgement | undefined {
  const { container } = client;
  const status = pod.of(container);
  const began = Date.parse(status?.state?.running?.startedAt ?? "");
  const restarted = (status?.restartCount ?? 0) > 0;
  const gone = isUnready(client, pod);
  const left = client.consumers.filter((name) => {
    const since = Date.parse(pod.of(name)?.state?.running?.startedAt ?? "");
    if (Number.isNaN(since)) return false;
    return gone || (restarted && since < began && !heals(client, name, pod));
  });
  if (left.length === 0 || pod.isEnding) return undefined;
  const what = gone ? "its mount is gone" : "it has been started again";
  const message = `${container}: ${what}, and ${left.join(", ")}, running since before that, sees no new mount`;
  return { state: "lost", code: "mount-lost", message };
}

/** Where a readiness probe asks for the mount. */
function isUnready({ container, layout }: PodClient, pod: PodStatuses): boolean {
  const probed = pod.container(container)?.readinessProbe !== undefined;
  return layout === "straight" && probed && pod.of(container)?.ready === false;
}

/** A new mount is laid over a view, and comes in by propagation. */
function heals(client: PodClient, consumer: string, pod: PodStatuses): boolean {
  if (client.layout === "straight") return false;
  const mounts = pod.container(consumer)?.volumeMounts ?? [];
  return mounts
    .filter(({ name }) => client.volumes.includes(name))
    .every(({ mountPropagation = "None" }) => mountPropagation !== "None");
}

function judgeByLog(client: PodClient, pod: PodStatuses, log: ClientLog | undefined): Judgement | undefined {
  if (log?.mounted === false) {
    const words = log.lastWords === undefined ? "" : `; the client's last words: ${log.lastWords}`;
    return {
      state: client.consumers.some((name) => pod.hasRun(name)) ? "restarting" : "starting",
      code: "mount-missing",
      message: `${client.container}: ${log.trouble ?? "it has no mount"}${words}`,
    };
  }
  const [refused] = log?.refusedViews ?? [];
  if (refused === undefined) return undefined;
  return {
    state: "starting",
    code: "mount-missing",
    message: `${client.container}: ${refused}`,
    remedy: "see that what the containers mount by subPath is in the dataset",
  };
}

function findMissingMount(client: PodClient, pod: PodStatuses): Judgement | undefined {
  const { container, consumers } = client;
  const held = consumers.find((name) => waitsForView(name, pod));
  if (held === undefined && pod.of(container)?.started !== false && !isUnready(client, pod)) return undefined;
  const who = held === undefined ? "" : `, and ${held} waits for it`;
  return {
    state: "starting",
    code: "mount-missing",
    message: `${container} runs, and its mount is not there${who}`,
  };
}

/** Its view is a link that dangles, so the kubelet cannot make it. (Kubernetes: pkg/kubelet/kubelet_pods.go.) */
function waitsForView(consumer: string, pod: PodStatuses): boolean {
  const { reason = "", message = "" } = pod.of(consumer)?.state?.waiting ?? {};
  return reason.startsWith("CreateContainer") && /subPath/i.test(message);
}

function judgeServing(client: PodClient, pod: PodStatuses, log: ClientLog | undefined): Judgement {
  const { container, claims, consumers } = client;
  if (pod.isEnding)
    return { state: "serving", code: "pod-ending", message: `${container} serves until the app has ended` };
  // In views nobody starts before they are served; a probe or hook has seen what is mounted straight.
  const proven =
    client.layout === "straight" || log?.mounted === true || consumers.some((name) => pod.hasRun(name));
  if (!proven) {
    const message = `${container} runs; ${consumers.join(", ") || "nobody"}, whom it is there for, has not started yet`;
    return { state: "starting", code: "mount-unproven", message };
  }
  const last = pod.of(container)?.lastState?.terminated;
  const trouble = last && troubleOfEnd(last);
  if (trouble?.code === "out-of-memory" || (log?.oomKills ?? 0) > 0) {
    const message = `${container} serves again after it was killed for want of memory`;
    return { state: "serving", code: "out-of-memory", message };
  }
  const message = `${container} serves ${claims.map((claim) => `claim ${claim}`).join(", ") || "its dataset"}`;
  return { state: "serving", code: "serves", message };
}
