import type { Pod } from "kubernetes-types/core/v1";
import { type Resolution, resolveVolumes } from "../datasets/resolve.ts";
import { type DetectedPlatform, warnOfPlatform } from "../platforms/detect.ts";
import { decideSidecarKind } from "../platforms/native-sidecars.ts";
import { addClients } from "../pod/add-clients.ts";
import type { ClientPlan } from "../pod/client-plan.ts";
import { PodEditor } from "../pod/pod-editor.ts";
import { addPullSecrets } from "../pod/pull-secrets.ts";
import { isGuaranteed, sizesWithin } from "../pod/quality-of-service.ts";
import { servedVolumes, serveLateContainers } from "../pod/serve-late-containers.ts";
import { byVolume, type ServedVolume } from "../pod/served-volume.ts";
import { sidecarObstacles, tooLarge } from "../pod/sidecar-obstacles.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding } from "../types/reason.ts";
import { applySteering } from "./apply-steering.ts";
import { planClients } from "./client-plans.ts";
import { bySeverity, isRefusal, reject, unchanged } from "./conclude.ts";
import type { Decision, VolumeOutcome } from "./decision.ts";
import { type ClientMark, markInjected } from "./marks.ts";
import { platformOf, type Question } from "./question.ts";
import { planSteering } from "./steer.ts";
import { nameOf, refusedOutcomes, volumeOutcomes } from "./volume-outcomes.ts";

/**
 * In sidecar mode every dataset claim of the pod is replaced by a client in the pod; whatever stands against a complete
 * injection refuses the pod. Clients that are there already, from an earlier call, are kept as they are, and serve the
 * containers that came after them.
 */
export function serveBySidecars(question: Question): Decision {
  const { pod, namespace, cluster, config, options, selection } = question;
  const { skipBoundCheck, keepCacheDirectories } = options;
  const resolution = resolveVolumes(pod, namespace, cluster, {
    clients: true,
    skipBoundCheck,
    keepCacheDirectories,
  });
  const served = servedVolumes(pod, config.subPathExpr === "direct");
  const problems = resolution.volumes.flatMap((volume) =>
    volume.kind === "problem" ? [volume.finding] : [],
  );
  const mode = "sidecar";
  if (resolution.datasets.length === 0 && problems.length === 0 && served.length === 0) {
    const message = "no volume of the pod belongs to a dataset";
    return unchanged(pod, [{ code: "no-dataset", message }], outcomes(resolution, served, []), { mode });
  }
  const detected = platformOf(question, { clients: true });
  const obstacles = [...problems, ...tooLarge(pod)];
  const refusals = "problem" in detected ? [detected.problem, ...obstacles] : obstacles;
  if ("problem" in detected || refusals.length > 0) {
    const refused = refusedOutcomes(outcomes(resolution, served, []), refusals);
    return reject(pod, [...refusals, ...selection.findings], refused, { mode });
  }

  const { platform } = detected;
  const sidecar = decideSidecarKind({
    pod,
    asked: options.sidecar ?? config.sidecar,
    platform,
    serverVersion: cluster.serverVersion(),
    nodesWithoutNativeSidecars: cluster.nodesWithoutNativeSidecars(),
    nodeCount: cluster.nodeCount(),
  });
  const known = { mode, platform: platform.name, sidecar: sidecar.kind } as const;
  const native = sidecar.kind === "native";
  const volumes = new Set(
    resolution.volumes.flatMap((volume) => (volume.kind === "dataset" ? [volume.volume] : [])),
  );
  const all = new Set([...volumes, ...served.map((volume) => volume.volume)]);
  const { plans, findings: planned } = planClients(pod, resolution.datasets, native, options, config);

  const editor = new PodEditor(pod);
  const added = addClients(editor, plans, {
    native,
    guardResources: sizesWithin(pod, config.guardResources),
    meshProxies: config.meshProxies,
    directSubPathExpr: config.subPathExpr === "direct",
  });
  const findings: Finding[] = [
    ...sidecarObstacles(pod, all, native, config.firstContainerIsApp),
    ...selection.findings,
    ...planned,
    ...added.findings,
    ...serveLateContainers(editor, served),
  ];
  const told = outcomes(resolution, served, plans, added.unmounted);
  if (findings.some(isRefusal)) return reject(pod, findings, refusedOutcomes(told, findings), known);

  const mounted = plans.filter((plan) => plan.claims.some((claim) => !added.unmounted.has(claim.name)));
  if (mounted.length > 0)
    findings.push(
      { code: "platform-found", message: `platform ${platform.name}: ${detected.why}` },
      { code: "sidecar-kind", message: `${sidecar.kind} sidecars: ${sidecar.why}` },
      ...completePod(editor, question, resolution, mounted, detected, native),
    );
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

/** What a pod with new clients needs besides them: pull secrets, the way to the cache, marks. */
function completePod(
  editor: PodEditor,
  question: Question,
  resolution: Resolution,
  plans: readonly ClientPlan[],
  detected: Extract<DetectedPlatform, { platform: unknown }>,
  native: boolean,
): Finding[] {
  const { pod, cluster, config, options } = question;
  const { platform } = detected;
  const clientOf = (claim: string) =>
    plans.find((plan) => plan.claims.some((served) => served.name === claim));
  const datasets = resolution.datasets.filter((dataset) => clientOf(dataset.claim.name) !== undefined);
  const steering = planSteering({
    pod,
    datasets,
    mode: "sidecar",
    platform,
    choice: options.cacheAffinity ?? config.cacheAffinity,
    requiredClaims: options.requiredClaims,
    tiers: config.cacheTiers,
    nodes: cluster,
  });
  applySteering(editor, steering);
  const ownClaims = new Set(pod.spec?.volumes?.map((volume) => volume.persistentVolumeClaim?.claimName));
  const clients = datasets.map((dataset): ClientMark => {
    const client = clientOf(dataset.claim.name);
    return {
      claim: dataset.claim.name,
      container: client?.name ?? "",
      dataset: dataset.dataset,
      scrapesMetrics: client?.template.scrapesMetrics ?? false,
      own: ownClaims.has(dataset.claim.name),
    };
  });
  markInjected(editor, clients, {
    mode: "sidecar",
    platform: platform.name,
    sidecar: native ? "native" : "classic",
  });
  if (!native) keepDefaultContainer(editor, question);
  return [
    ...pullSecrets(editor, question, plans),
    ...steering.findings,
    ...warnOfPlatform(platform),
    ...lostWithTheClaim(datasets),
    ...(native ? [] : endlessPod(pod)),
    ...droppedParts(plans),
    ...loweredQuality(question, editor),
  ];
}

/** A classic client is containers[0], where `kubectl logs` and `kubectl exec` would look for the app. */
function keepDefaultContainer(editor: PodEditor, { pod }: Question): void {
  const key = "kubectl.kubernetes.io/default-container";
  const first = pod.spec?.containers[0]?.name;
  if (first === undefined || pod.metadata?.annotations?.[key] !== undefined) return;
  editor.merge(
    ["metadata", "annotations"],
    { [key]: first },
    "kubectl goes on to take the app for the main container",
  );
}

function pullSecrets(editor: PodEditor, question: Question, plans: readonly ClientPlan[]): Finding[] {
  const wanted = plans.flatMap((plan) => plan.template.imagePullSecrets);
  const account = question.pod.spec?.serviceAccountName || "default";
  // A pod that comes from the API server has its ServiceAccount's secrets already, if there are any.
  const ofAccount = question.fromTemplate
    ? question.cluster.serviceAccount(question.namespace, account)?.imagePullSecrets
    : [];
  const missing = addPullSecrets(editor, wanted, ofAccount);
  if (missing.length === 0) return [];
  const message = `the clients' image pull secrets ${missing.join(", ")} are left out, for listing them would keep those of ServiceAccount ${account} from the pod: list all of them, or add them to the ServiceAccount`;
  return [{ code: "pull-secrets", message }];
}

function lostWithTheClaim(datasets: readonly DatasetVolume[]): Finding[] {
  return datasets
    .filter((dataset) => dataset.oncePerCluster)
    .map((dataset) => ({
      code: "read-write-once-pod",
      message: `claim ${dataset.claim.name} is ReadWriteOncePod, which nothing enforces once a client serves it: see to it that one pod writes`,
    }));
}

/** A native sidecar ends with the app; a classic one is an ordinary container that goes on. */
function endlessPod(pod: Pod): Finding[] {
  const policy = pod.spec?.restartPolicy ?? "Always";
  if (policy === "Always") return [];
  const message = `the pod's restartPolicy is ${policy}, yet nothing ends a classic client when the app has ended, so the pod goes on: use native sidecars (Kubernetes 1.29 or newer, sluice.io/sidecar: native)`;
  return [{ code: "never-ends", message }];
}

function droppedParts(plans: readonly ClientPlan[]): Finding[] {
  return plans.flatMap((plan) =>
    plan.template.dropped.map((what) => ({
      code: "template-part-dropped" as const,
      message: `${plan.name} is made without ${what}`,
    })),
  );
}

function loweredQuality({ pod }: Question, editor: PodEditor): Finding[] {
  if (!isGuaranteed(pod) || isGuaranteed(editor.pod)) return [];
  const message =
    "the pod was Guaranteed and becomes Burstable, for a client's requests differ from its limits: make them equal by the annotations sluice.io/client-{cpu,memory}-{request,limit}";
  return [{ code: "qos-lowered", message }];
}

function outcomes(
  resolution: Resolution,
  served: readonly ServedVolume[],
  plans: readonly ClientPlan[],
  unmounted: ReadonlySet<string> = new Set(),
): VolumeOutcome[] {
  const there = byVolume(served);
  return volumeOutcomes(resolution.volumes, (volume, dataset) => {
    const claim = dataset.claim.name;
    const plan = plans.find((candidate) => candidate.claims.some((served) => served.name === claim));
    if (plan === undefined || unmounted.has(claim))
      return {
        code: "not-mounted",
        message: `Dataset ${nameOf(dataset)}: no container mounts volume ${volume}`,
      };
    const kind = `${plan.native ? "native" : "classic"} sidecar ${plan.name}`;
    const message = `Dataset ${nameOf(dataset)} (${dataset.runtime}) is served by ${kind}`;
    return { code: "injected", message, client: plan.name };
  }).map((outcome) => {
    const known = there.get(outcome.volume);
    if (known === undefined || outcome.code !== "not-a-claim") return outcome;
    const message = `${known.client}, which is in the pod already, serves volume ${known.volume}`;
    return { ...outcome, code: "already-injected", message, client: known.client };
  });
}
