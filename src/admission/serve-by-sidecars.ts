import { type Resolution, resolveVolumes } from "../datasets/resolve.ts";
import { servedVolumes } from "../pod/serve-late-containers.ts";
import { directlyServed } from "../pod/serve-late-direct.ts";
import { missingParts } from "../pod/sidecar-obstacles.ts";
import { tooLarge } from "../pod/too-large.ts";
import { bySeverity, isRefusal, reject } from "./conclude.ts";
import type { Decision } from "./decision.ts";
import { injectClients } from "./inject-clients.ts";
import { juicefsQuestion } from "./juicefs-question.ts";
import { prefetcherLeftOut } from "./prefetch.ts";
import type { PrefetchOptions } from "./prefetch-options.ts";
import { platformOf, type Question } from "./question.ts";
import { sidecarOutcomes } from "./sidecar-outcomes.ts";
import { refusedOutcomes } from "./volume-outcomes.ts";
import { withoutDataset } from "./without-dataset.ts";

/**
 * In sidecar mode every dataset claim of the pod is replaced by a client in the pod; whatever stands against a complete
 * injection refuses the pod. Clients that are there already, from an earlier call, are kept as they are, and serve the
 * containers that came after them.
 */
export function serveBySidecars(question: Question): Decision {
  const decision = serve(question, question.options.prefetch);
  if (decision.verdict !== "rejected" || !decision.findings.some(({ code }) => code === "prefetched"))
    return decision;
  // Reading ahead only saves time: no pod is refused for the container or the volume that it takes.
  const without = serve(question, undefined);
  if (without.verdict === "rejected") return without;
  const left = prefetcherLeftOut(decision.findings.filter(isRefusal).map(({ message }) => message));
  return { ...without, findings: bySeverity([left, ...without.findings]) };
}

/** `prefetch`: undefined where nothing is read ahead. */
function serve(question: Question, prefetch: PrefetchOptions | undefined): Decision {
  const { pod, config, selection } = question;
  const resolution = resolve(question);
  const problems = resolution.volumes.flatMap((volume) =>
    volume.kind === "problem" ? [volume.finding] : [],
  );
  const asked = resolution.datasets.length + problems.length;
  const mode = "sidecar";
  const size = tooLarge(pod);
  if (size.length > 0) {
    const told = sidecarOutcomes(resolution, [], []);
    if (asked === 0) return withoutDataset(question, told);
    return reject(pod, [...size, ...selection.findings], refusedOutcomes(told, size), { mode });
  }
  const served = servedVolumes(pod, config.subPathExpr === "direct");
  const direct = directlyServed(pod);
  const missing = missingParts(pod, new Set(served.map((volume) => volume.volume)), direct);
  const told = () => sidecarOutcomes(resolution, [...served, ...direct], []);
  if (asked + served.length + direct.length + missing.length === 0) return withoutDataset(question, told());
  const detected = platformOf(question, { clients: true });
  const obstacles = [...problems, ...missing];
  if ("problem" in detected || obstacles.length > 0) {
    const refusals = "problem" in detected ? [detected.problem, ...obstacles] : obstacles;
    return reject(pod, [...refusals, ...selection.findings], refusedOutcomes(told(), refusals), { mode });
  }
  return injectClients({ question, resolution, served, direct, detected, prefetch });
}

function resolve(question: Question): Resolution {
  const { pod, namespace, cluster, config, options, selection } = question;
  return resolveVolumes(pod, namespace, cluster, {
    clients: true,
    skipBoundCheck: options.skipBoundCheck,
    keepCacheDirectories: options.keepCacheDirectories,
    withoutFluid: !selection.fluid,
    juicefs: juicefsQuestion(question),
    references: config.references,
  });
}
