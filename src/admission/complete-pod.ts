import type { Resolution } from "../datasets/resolve.ts";
import { describeLayout } from "../platforms/describe-layout.ts";
import type { FoundPlatform } from "../platforms/detect.ts";
import { warnOfPlatform, warnOfTolerations } from "../platforms/judge-platform.ts";
import { carryDns } from "../pod/client-dns.ts";
import { serves } from "../pod/client-draft.ts";
import type { ClientPlan } from "../pod/client-plan.ts";
import type { PodEditor } from "../pod/pod-editor.ts";
import { addPullSecrets } from "../pod/pull-secrets.ts";
import { isBestEffort, isGuaranteed } from "../pod/quality-of-service.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding } from "../types/reason.ts";
import { applySteering } from "./apply-steering.ts";
import { endWithApp } from "./end-with-app.ts";
import { type ClientMark, markInjected } from "./marks.ts";
import { orderZones } from "./order-zones.ts";
import { annotateForPlatform } from "./platform-annotations.ts";
import { type Question, steeringOf } from "./question.ts";
import { planSteering } from "./steer.ts";
import { waitForCache } from "./wait-for-cache.ts";

/** What a pod with new clients needs besides them: pull secrets, the way to the cache, marks. */
export function completePod(
  editor: PodEditor,
  question: Question,
  resolution: Resolution,
  plans: readonly ClientPlan[],
  detected: FoundPlatform,
  native: boolean,
): Finding[] {
  const { pod, config, options } = question;
  const { platform } = detected;
  const clientOf = (claim: string) => plans.find((plan) => serves(plan, claim));
  const datasets = resolution.datasets.filter((dataset) => clientOf(dataset.claim.name) !== undefined);
  const steering = planSteering(steeringOf(question, platform, datasets));
  applySteering(editor, steering);
  const zones = orderZones(editor, platform, datasets, options.cacheAffinity ?? config.cacheAffinity);
  const ownClaims = new Set(pod.spec?.volumes?.map((volume) => volume.persistentVolumeClaim?.claimName));
  const tellsUsage = question.steps.withDataset.includes("DatasetUsageInjector");
  const clients = datasets.map((dataset): ClientMark => {
    const client = clientOf(dataset.claim.name);
    return {
      claim: dataset.claim.name,
      container: client?.name ?? "",
      family: dataset.family,
      dataset: dataset.dataset,
      scrapesMetrics: client?.template.scrapesMetrics ?? false,
      inUse: tellsUsage && ownClaims.has(dataset.claim.name),
    };
  });
  markForDriver(editor, datasets);
  // Volcengine's and Huawei Cloud's. (juicefs-csi-driver: pkg/juicefs/mount/builder/vci-serverless.go, cci-serverless.go)
  if (platform.mount.by === "annotation" || platform.mount.by === "inline-csi")
    markForVendor(editor, datasets);
  annotateForPlatform(editor, platform, plans, native);
  if (!native) keepDefaultContainer(editor, question);
  const findings = [
    ...pullSecrets(editor, question, plans),
    ...steering.findings,
    ...zones,
    ...warnOfPlatform(detected, pod),
    ...warnOfTolerations(pod, detected, config.platforms),
    ...(platform.mount.by === "views" ? [] : describeLayout(platform, native)),
    ...lostWithTheClaim(datasets),
    ...unheededAnnotations(datasets),
    ...endWithApp(editor, question, platform, plans, native),
    ...waitForCache(editor, question, platform, datasets),
    ...droppedParts(plans),
    ...carryDns(editor, plans),
    ...changedQuality(question, editor),
  ];
  // Last, for the status tells of all that was done.
  markInjected(
    editor,
    clients,
    { mode: "sidecar", platform: platform.name, sidecar: native ? "native" : "classic" },
    { pod, straight: platform.mount.by !== "views" },
  );
  return findings;
}

/** A classic client is mostly containers[0], where `kubectl logs` and `kubectl exec` would look for the app. */
function keepDefaultContainer(editor: PodEditor, { pod }: Question): void {
  const key = "kubectl.kubernetes.io/default-container";
  const first = pod.spec?.containers[0]?.name;
  if (first === undefined || first === editor.pod.spec?.containers[0]?.name) return;
  if (pod.metadata?.annotations?.[key] !== undefined) return;
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

/** Labels and annotations that the JuiceFS driver is configured to put on its clients: here the client's pod is this one. */
function markForDriver(editor: PodEditor, datasets: readonly DatasetVolume[]): void {
  const why = "the JuiceFS driver's configuration gives its clients these";
  for (const { podLabels, podAnnotations } of datasets) {
    editor.merge(["metadata", "labels"], missingIn(editor.pod.metadata?.labels, podLabels), why);
    editor.merge(
      ["metadata", "annotations"],
      missingIn(editor.pod.metadata?.annotations, podAnnotations),
      why,
    );
  }
}

/** What the JuiceFS driver tells such a platform of its volumes; of several it names the last one only. */
function markForVendor(editor: PodEditor, datasets: readonly DatasetVolume[]): void {
  const all = new Map<string, Set<string>>();
  for (const { vendorAnnotations = {} } of datasets)
    for (const [key, value] of Object.entries(vendorAnnotations))
      all.set(key, (all.get(key) ?? new Set()).add(value));
  const joined = Object.fromEntries([...all].map(([key, values]) => [key, [...values].join(",")]));
  const wanted = missingIn(editor.pod.metadata?.annotations, joined);
  editor.merge(["metadata", "annotations"], wanted, "the JuiceFS driver marks pods on this platform so");
}

function missingIn(
  there: Readonly<Record<string, string>> = {},
  wanted: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return Object.fromEntries(Object.entries(wanted).filter(([key]) => !Object.hasOwn(there, key)));
}

function unheededAnnotations(datasets: readonly DatasetVolume[]): Finding[] {
  return datasets.flatMap(({ claim, unheededAnnotations: keys = [] }) => {
    if (keys.length === 0) return [];
    const message = `claim ${claim.name}: annotation ${keys.join(", ")} is not followed, for whoever may make claims may write it: put it into the PersistentVolume's attributes`;
    return [{ code: "annotation-unheeded" as const, message }];
  });
}

function droppedParts(plans: readonly ClientPlan[]): Finding[] {
  return plans.flatMap((plan) =>
    plan.template.dropped.map((what) => ({
      code: "template-part-dropped" as const,
      message: `${plan.name} is made without ${what}`,
    })),
  );
}

function changedQuality({ pod }: Question, editor: PodEditor): Finding[] {
  if (isBestEffort(pod)) {
    const message =
      "the pod was BestEffort and becomes Burstable, for its clients have requests: it is evicted later than before";
    return [{ code: "qos-raised", message }];
  }
  if (!isGuaranteed(pod) || isGuaranteed(editor.pod)) return [];
  const message =
    "the pod was Guaranteed and becomes Burstable, for a client's requests differ from its limits: make them equal by the annotations sluice.io/client-{cpu,memory}-{request,limit}";
  return [{ code: "qos-lowered", message }];
}
