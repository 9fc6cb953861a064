import type { Resolution } from "../datasets/resolve.ts";
import type { FoundPlatform } from "../platforms/detect.ts";
import { refuseOfPlatform } from "../platforms/judge-platform.ts";
import { nativeRemedy } from "../platforms/native-sidecars.ts";
import type { ClientPlan } from "../pod/client-plan.ts";
import { separatePorts } from "../pod/client-ports.ts";
import { clearEndSign } from "../pod/end-sign.ts";
import { checkMounts } from "../pod/mount-checks.ts";
import { PodEditor } from "../pod/pod-editor.ts";
import { podLevelConflicts } from "../pod/quality-of-service.ts";
import { servedVolumes, serveLateContainers } from "../pod/serve-late-containers.ts";
import { type DirectlyServed, directlyServed, serveLateDirect } from "../pod/serve-late-direct.ts";
import type { ServedVolume } from "../pod/served-volume.ts";
import { sidecarObstacles } from "../pod/sidecar-obstacles.ts";
import type { Finding } from "../types/reason.ts";
import { adaptToPlatform } from "./adapt-to-platform.ts";
import { clientNeeds } from "./client-needs.ts";
import { planClients } from "./client-plans.ts";
import { completePod } from "./complete-pod.ts";
import { bySeverity, isRefusal, reject } from "./conclude.ts";
import type { Decision } from "./decision.ts";
import { checkFinished } from "./final-check.ts";
import { placeClients } from "./place-clients.ts";
import { type PrefetchImage, prefetchFiles } from "./prefetch.ts";
import type { PrefetchOptions } from "./prefetch-options.ts";
import { type Question, sidecarOf } from "./question.ts";
import { sidecarOutcomes } from "./sidecar-outcomes.ts";
import { refusedOutcomes } from "./volume-outcomes.ts";

/** A pod that gets clients, or whose clients get to serve more; nothing stood against it so far. */
export interface Injection {
  readonly question: Question;
  readonly resolution: Resolution;
  /** Volumes in which clients that are there already show views, and those that they mount into directly. */
  readonly served: readonly ServedVolume[];
  readonly direct: readonly DirectlyServed[];
  readonly detected: FoundPlatform;
  /** Undefined: nothing is read ahead. */
  readonly prefetch: PrefetchOptions | undefined;
}

/** The pod with what was put in. */
interface Edited {
  readonly editor: PodEditor;
  readonly plans: readonly ClientPlan[];
  /** Claims that got no client because no container mounts their volume, by name. */
  readonly unmounted: ReadonlySet<string>;
  readonly findings: readonly Finding[];
}

/** Puts the clients in, then all that goes with them, then holds the finished pod against its platform's rules. */
export function injectClients(injection: Injection): Decision {
  const { question, resolution, served, direct, detected } = injection;
  const { pod, options, config } = question;
  const { platform } = detected;
  const sidecar = sidecarOf(question, platform, askedByDriver(resolution));
  const known = { mode: "sidecar", platform: platform.name, sidecar: sidecar.kind } as const;
  const native = sidecar.kind === "native";
  const edited = putIn(injection, native);
  const { editor, plans, unmounted } = edited;
  const findings = [...edited.findings];
  const before = [...served, ...direct];
  const told = sidecarOutcomes(resolution, before, plans, unmounted);
  if (findings.some(isRefusal)) return reject(pod, findings, refusedOutcomes(told, findings), known);

  if (options.checkMounts)
    checkMounts(
      editor,
      servedVolumes(editor.pod, config.subPathExpr === "direct"),
      directlyServed(editor.pod),
    );
  const mounted = plans.filter((plan) => plan.claims.some((claim) => !unmounted.has(claim.name)));
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

/** The clients, what is read ahead, and views for containers that came late; with all that stands against any of it. */
function putIn(
  { question, resolution, served, direct, detected, prefetch }: Injection,
  native: boolean,
): Edited {
  const { pod, config, options, selection } = question;
  const { platform } = detected;
  const adapted = adaptToPlatform(resolution.datasets, platform, config.refusedHostPaths);
  const planned = planClients(pod, adapted.datasets, native, options, config);
  const { plans, findings: ports } = separatePorts(pod, planned.plans);
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
  const { unmounted } = added;
  const findings: Finding[] = [
    ...refuseOfPlatform(
      detected,
      resolution.datasets.map((dataset) => dataset.runtime),
      config.unconfirmedPlatforms === "refuse",
    ),
    ...sidecarObstacles(
      pod,
      volumesOf({ resolution, served, direct }),
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
      adapted.datasets.filter(({ claim }) => !unmounted.has(claim.name)),
      config,
    ),
    ...serveLateContainers(editor, served),
    ...(plans.some((plan) => plan.claims.some((claim) => !unmounted.has(claim.name)))
      ? podLevelConflicts(editor.pod)
      : []),
  ];
  return { editor, plans, unmounted, findings };
}

/** The pod's volumes that clients serve, or will. */
function volumesOf({ resolution, served, direct }: Pick<Injection, "resolution" | "served" | "direct">) {
  const volumes = resolution.volumes.flatMap((volume) => (volume.kind === "dataset" ? [volume.volume] : []));
  return new Set([...volumes, ...[...served, ...direct].map(({ volume }) => volume)]);
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
