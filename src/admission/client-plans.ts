import type { Pod } from "kubernetes-types/core/v1";
import type { Config } from "../config.ts";
import { type ClientPlan, isBare, type ServedClaim } from "../pod/client-plan.ts";
import { asFolder } from "../pod/inner-mounts.ts";
import { freeName } from "../pod/names.ts";
import { viewsRoot } from "../pod/shared-volume.ts";
import type { ClientTemplate, DatasetVolume } from "../types/dataset-volume.ts";
import { describeRef } from "../types/object-ref.ts";
import { allContainers } from "../types/pod-containers.ts";
import type { Finding } from "../types/reason.ts";
import type { PodOptions } from "./pod-options.ts";
import { titleOf } from "./volume-outcomes.ts";

/** Names of clients' containers that tools of either family go by: Fluid's all have a number. */
const prefixes = { fluid: "fluid-fuse", juicefs: "jfs-mount" } as const;

/** With less time than this at the end a client that uploads late is likely to lose something. */
const secondsToUpload = 15;

export interface PlannedClients {
  readonly plans: readonly ClientPlan[];
  readonly findings: readonly Finding[];
}

/**
 * One client for each dataset, numbered in the order of `datasets` behind those that are in the pod, as Fluid does it
 * (pkg/application/inject/fuse/injector.go), but never to a name that is taken.
 */
export function planClients(
  pod: Pod,
  datasets: readonly DatasetVolume[],
  native: boolean,
  options: PodOptions,
  config: Config,
): PlannedClients {
  const containers = allContainers(pod);
  const taken = new Set(containers.map((container) => container.name));
  const grace = pod.spec?.terminationGracePeriodSeconds ?? 30;
  const holdSeconds = native ? 0 : Math.min(config.classicHoldSeconds, Math.max(0, grace - 5));
  const findings: Finding[] = [];
  let number = containers.filter(({ name }) =>
    Object.values(prefixes).some((prefix) => name.startsWith(prefix)),
  ).length;
  const plans = datasets.flatMap((dataset): ClientPlan[] => {
    const template = dataset.client;
    if (template === undefined || dataset.sharesClientOf !== undefined) return [];
    while (taken.has(clientName(dataset, number))) number++;
    const name = clientName(dataset, number);
    taken.add(name);
    const attendant = freeName(`sluice-views-${number}`, taken);
    taken.add(attendant);
    const stop = clientStop(template, options, config);
    if (stop === "detach" && template.writesBack) findings.push(lateWrites(dataset, name));
    const stopSeconds = Math.max(1, grace - holdSeconds - 5);
    if (stop === "wait" && template.writesBack && stopSeconds < secondsToUpload)
      findings.push(shortGrace(dataset, name, grace, stopSeconds));
    const plan: ClientPlan = {
      name,
      number,
      attendant,
      claims: datasets
        .filter((other) => other === dataset || other.sharesClientOf === dataset.claim.name)
        .map(servedClaim),
      template,
      label: titleOf(dataset),
      native,
      stop,
      stopSeconds,
      holdSeconds,
      asked: options.clientSizes,
      fallback: config.clientResources,
      gateSeconds: options.gate ? config.gateSeconds : 0,
    };
    if (
      template.directory === undefined &&
      isBare(plan) &&
      template.mountPath === template.sharedMount.mountPath
    )
      findings.push(mountsAtRoot(plan));
    findings.push(...mountsAmongViews(plan));
    number++;
    return [plan];
  });
  return { plans, findings };
}

/** (juicefs-csi-driver: pkg/webhook/handler/mutate/sidecar.go: the first one has no number.) */
function clientName({ family }: DatasetVolume, number: number): string {
  return family === "juicefs" && number === 0 ? prefixes.juicefs : `${prefixes[family]}-${number}`;
}

function servedClaim({ claim, subPath, readOnly }: DatasetVolume): ServedClaim {
  return { name: claim.name, subPath, readOnly };
}

function clientStop(template: ClientTemplate, options: PodOptions, config: Config): "wait" | "detach" {
  if (options.clientStop !== undefined) return options.clientStop;
  if (config.clientStop !== "auto") return config.clientStop;
  return template.writesBack ? "wait" : "detach";
}

/** Its next start would fail on its own dead mount, which is then the root of the volume it shares. */
function mountsAtRoot({ label, template }: ClientPlan): Finding {
  return {
    code: "client-mounts-at-root",
    message: `the client of ${label} states no command and mounts at ${template.mountPath}, the very volume it shares, so it could not start again: state its command in ${describeRef(template.source)}`,
  };
}

function mountsAmongViews({ label, template }: ClientPlan): Finding[] {
  const taken = template.container.volumeMounts?.find((mount) =>
    asFolder(mount.mountPath).startsWith(asFolder(viewsRoot)),
  );
  if (taken === undefined) return [];
  const message = `the client of ${label} mounts volume ${taken.name} at ${taken.mountPath}, below which it has to show its mount: choose another path in ${describeRef(template.source)}`;
  return [{ code: "name-taken", message }];
}

function shortGrace(dataset: DatasetVolume, client: string, grace: number, seconds: number): Finding {
  return {
    code: "short-grace",
    message: `${client} (${titleOf(dataset)}) may upload after files are closed, and terminationGracePeriodSeconds: ${grace} leaves it ${seconds} s for that: raise it if the pod writes`,
  };
}

function lateWrites(dataset: DatasetVolume, client: string): Finding {
  return {
    code: "stop-may-lose-writes",
    message: `${client} (${titleOf(dataset)}) may upload after files are closed, and sluice.io/client-stop: detach does not wait for that: use wait if the pod writes`,
  };
}
