import type { Pod } from "kubernetes-types/core/v1";
import type { Config } from "../config.ts";
import { type ClientPlan, isBare, type ServedClaim } from "../pod/client-plan.ts";
import { asFolder } from "../pod/inner-mounts.ts";
import { freeName } from "../pod/names.ts";
import { viewsRoot } from "../pod/shared-volume.ts";
import type { ClientTemplate, DatasetVolume } from "../types/dataset-volume.ts";
import { describeRef } from "../types/object-ref.ts";
import type { Finding } from "../types/reason.ts";
import type { PodOptions } from "./pod-options.ts";
import { nameOf } from "./volume-outcomes.ts";

/** Fluid's name for a client's container; its controllers and metrics go by it. */
const clientPrefix = "fluid-fuse";

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
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const taken = new Set(containers.map((container) => container.name));
  const grace = pod.spec?.terminationGracePeriodSeconds ?? 30;
  const holdSeconds = native ? 0 : Math.min(config.classicHoldSeconds, Math.max(0, grace - 5));
  const findings: Finding[] = [];
  let number = containers.filter((container) => container.name.startsWith(clientPrefix)).length;
  const plans = datasets.flatMap((dataset): ClientPlan[] => {
    const template = dataset.client;
    if (template === undefined || dataset.sharesClientOf !== undefined) return [];
    while (taken.has(`${clientPrefix}-${number}`)) number++;
    const name = `${clientPrefix}-${number}`;
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
      label: `Dataset ${nameOf(dataset)}`,
      native,
      stop,
      stopSeconds,
      holdSeconds,
      asked: options.clientSizes,
      fallback: config.clientResources,
      gate: options.gate,
    };
    if (isBare(plan) && template.mountPath === template.sharedMount.mountPath)
      findings.push(mountsAtRoot(plan));
    findings.push(...mountsAmongViews(plan));
    number++;
    return [plan];
  });
  return { plans, findings };
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
    message: `${client} (Dataset ${nameOf(dataset)}) may upload after files are closed, and terminationGracePeriodSeconds: ${grace} leaves it ${seconds} s for that: raise it if the pod writes`,
  };
}

function lateWrites(dataset: DatasetVolume, client: string): Finding {
  return {
    code: "stop-may-lose-writes",
    message: `${client} (Dataset ${nameOf(dataset)}) may upload after files are closed, and sluice.io/client-stop: detach does not wait for that: use wait if the pod writes`,
  };
}
