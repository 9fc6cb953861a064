import { type Resolution, resolveVolumes } from "../datasets/resolve.ts";
import { refuseOfPlatform } from "../platforms/judge-platform.ts";
import { nativeRemedy } from "../platforms/native-sidecars.ts";
import { serves } from "../pod/client-draft.ts";
import type { ClientPlan } from "../pod/client-plan.ts";
import { separatePorts } from "../pod/client-ports.ts";
import { clearEndSign } from "../pod/end-sign.ts";
import { checkMounts } from "../pod/mount-checks.ts";
import { PodEditor } from "../pod/pod-editor.ts";
import { podLevelConflicts } from "../pod/quality-of-service.ts";
import { servedVolumes, serveLateContainers } from "../pod/serve-late-containers.ts";
import { type DirectlyServed, directlyServed, serveLateDirect } from "../pod/serve-late-direct.ts";
import { byVolume, type ServedVolume } from "../pod/served-volume.ts";
import { missingParts, sidecarObstacles } from "../pod/sidecar-obstacles.ts";
import { tooLarge } from "../pod/too-large.ts";
import type { Finding } from "../types/reason.ts";
import { adaptToPlatform } from "./adapt-to-platform.ts";
import { clientNeeds } from "./client-needs.ts";
import { planClients } from "./client-plans.ts";
import { completePod } from "./complete-pod.ts";
import { bySeverity, isRefusal, reject } from "./conclude.ts";
import type { Decision, VolumeOutcome } from "./decision.ts";
import { checkFinished } from "./final-check.ts";
import { juicefsQuestion } from "./juicefs-question.ts";
import { placeClients } from "./place-clients.ts";
import { type PrefetchImage, prefetcherLeftOut, prefetchFiles } from "./prefetch.ts";
import type { PrefetchOptions } from "./prefetch-options.ts";
import { platformOf, type Question, sidecarOf } from "./question.ts";
import { refusedOutcomes, titleOf, volumeOutcomes } from "./volume-outcomes.ts";
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

function serve(question: Question, prefetch: PrefetchOptions | undefined): Decision {
  const { pod, namespace, cluster, config, options, selection } = question;
  const { skipBoundCheck, keepCacheDirectories } = options;
  const resolution = resolveVolumes(pod, namespace, cluster, {
    clients: true,
    skipBoundCheck,
    keepCacheDirectories,
    withoutFluid: !selection.fluid,
    juicefs: juicefsQuestion(question),
    references: config.references,
  });
  const problems = resolution.volumes.flatMap((volume) =>
    volume.kind === "problem" ? [volume.finding] : [],
  );
  const mode = "sidecar";
  const size = tooLarge(pod);
  if (size.length > 0) {
    const told = outcomes(resolution, [], []);
    if (resolution.datasets.length + problems.length === 0) return withoutDataset(question, told);
    return reject(pod, [...size, ...selection.findings], refusedOutcomes(told, size), { mode });
  }
  const servedBefore = servedVolumes(pod, config.subPathExpr === "direct");
  const direct = directlyServed(pod);
  const before = [...servedBefore, ...direct];
  const missing = missingParts(pod, new Set(servedBefore.map((volume) => volume.volume)), direct);
  if (resolution.datasets.length + problems.length + before.length + missing.length === 0) {
    return withoutDataset(question, outcomes(resolution, before, []));
  }
  const detected = platformOf(question, { clients: true });
  const obstacles = [...problems, ...missing];
  const refusals = "problem" in detected ? [detected.problem, ...obstacles] : obstacles;
  if ("problem" in detected || refusals.length > 0) {
    const refused = refusedOutcomes(outcomes(resolution, before, []), refusals);
    return reject(pod, [...refusals, ...selection.findings], refused, { mode });
  }

  const { platform } = detected;
  const sidecar = sidecarOf(question, platform, askedByDriver(resolution));
  const known = { mode, platform: platform.name, sidecar: sidecar.kind } as const;
  const native = sidecar.kind === "native";
  const volumes = new Set(
    resolution.volumes.flatMap((volume) => (volume.kind === "dataset" ? [volume.volume] : [])),
  );
  const all = new Set([...volumes, ...before.map((volume) => volume.volume)]);
  const adapted = adaptToPlatform(resolution.datasets, platform, config.refusedHostPaths);
  const planned = planClients(pod, adapted.datasets, native, options, config);
  const { plans, findings: ports } = separatePorts(pod, planned.plans);

  const claims = plans.flatMap((plan) => plan.claims);
  const editor = new PodEditor(pod);
  clearEndSign(editor);
  const inOrder = native || platform.start.order === "kubelet";
  const place = { native, byDriver: false, inOrder, meshProxies: config.meshProxies };
  // Before the clients, which then serve it like any other container.
  const prefetched =
    prefetch === undefined
      ? []
      : prefetchFiles(editor, prefetch, question, resolution.volumes, imageOf(plans), place);
  const added = placeClients(editor, plans, platform, native, config);
  serveLateDirect(editor, direct);
  const findings: Finding[] = [
    ...refuseOfPlatform(
      detected,
      resolution.datasets.map((dataset) => dataset.runtime),
      config.unconfirmedPlatforms === "refuse",
    ),
    ...sidecarObstacles(
      pod,
      all,
      native,
      platform.start.order === "priority" ? [] : config.firstContainerIsApp,
      nativeRemedy(platform),
    ),
    ...selection.findings,
    ...planned.findings,
    ...ports,
    ...adapted.findings,
    ...prefetched,
    ...added.findings,
    ...clientNeeds(
      adapted.datasets.filter(({ claim }) => !added.unmounted.has(claim.name)),
      config,
    ),
    ...serveLateContainers(editor, servedBefore),
    ...(added.unmounted.size < claims.length ? podLevelConflicts(editor.pod) : []),
  ];
  const told = outcomes(resolution, before, plans, added.unmounted);
  if (findings.some(isRefusal)) return reject(pod, findings, refusedOutcomes(told, findings), known);

  if (options.checkMounts)
    checkMounts(
      editor,
      servedVolumes(editor.pod, config.subPathExpr === "direct"),
      directlyServed(editor.pod),
    );
  const mounted = plans.filter((plan) => plan.claims.some((claim) => !added.unmounted.has(claim.name)));
  if (mounted.length > 0)
    findings.push(
      { code: "platform-found", message: `platform ${platform.name}: ${detected.why}` },
      { code: "sidecar-kind", message: `${sidecar.kind} sidecars: ${sidecar.why}` },
      ...completePod(editor, question, resolution, mounted, detected, native),
    );
  const earlier = before.map((volume) => volume.client);
  const breaches = checkFinished(editor, question, platform, mounted, earlier);
  findings.push(...breaches);
  if (breaches.some(isRefusal)) return reject(pod, findings, refusedOutcomes(told, findings), known);
  const done = told
    .filter(({ code }) => code !== "not-a-claim")
    .map(({ code, message, volume }): Finding => ({ code, message, volume }));
  return {
    verdict: editor.edits.length === 0 ? "unchanged" : "injected",
    ...known,
    volumes: told,
    findings: bySeverity([...findings, ...done]),
    edits: editor.edits,
    pod: editor.pod,
  };
}

/** The JuiceFS driver's configuration has one switch for all of its clients. */
function askedByDriver({ datasets }: Resolution): "native" | "classic" | undefined {
  return datasets.find((dataset) => dataset.sidecar !== undefined)?.sidecar;
}

/** The first client's image, which has the shell and is pulled in any case. */
function imageOf([plan]: readonly ClientPlan[]): PrefetchImage {
  const { image, imagePullPolicy } = plan?.template.container ?? {};
  return { image, imagePullPolicy };
}

function outcomes(
  resolution: Resolution,
  servedBefore: readonly (ServedVolume | DirectlyServed)[],
  plans: readonly ClientPlan[],
  unmounted: ReadonlySet<string> = new Set(),
): VolumeOutcome[] {
  const there = byVolume(servedBefore);
  return volumeOutcomes(resolution.volumes, (volume, dataset) => {
    const claim = dataset.claim.name;
    const plan = plans.find((candidate) => serves(candidate, claim));
    if (plan === undefined || unmounted.has(claim))
      return {
        code: "not-mounted",
        message: `${titleOf(dataset)}: no container mounts volume ${volume}`,
      };
    const kind = `${plan.native ? "native" : "classic"} sidecar ${plan.name}`;
    const message = `${titleOf(dataset)} (${dataset.runtime}) is served by ${kind}`;
    return { code: "injected", message, client: plan.name };
  }).map((outcome) => {
    const known = there.get(outcome.volume);
    if (known === undefined || outcome.code !== "not-a-claim") return outcome;
    const message = `${known.client}, which is in the pod already, serves volume ${known.volume}`;
    return { ...outcome, code: "already-injected", message, client: known.client };
  });
}
