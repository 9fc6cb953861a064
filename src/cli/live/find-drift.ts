import type { Container, Pod } from "kubernetes-types/core/v1";
import type { Decision } from "../../admission/decision.ts";
import { isRawObject } from "../../cluster/raw-fields.ts";
import { parseSupervisorCommand } from "../../pod/client-commands.ts";
import { containersOf } from "../../pod/containers.ts";
import { findClients } from "../../pod/find-clients.ts";
import { parseQuantity } from "../../types/quantity.ts";
import { reasonInfo } from "../../types/reason.ts";
import { describeAffinity } from "../describe-affinity.ts";
import type { Standing } from "./standing.ts";

/**
 * In what `live` differs from what would be decided now about the same pod, in words; empty where nothing does.
 * `version` is that of this program.
 */
export function findDrift(live: Pod, standing: Standing, now: Decision, version: string): string[] {
  const wasInjected = standing.injectedBy === "sluice";
  const wouldBe = now.verdict === "injected" && now.mode === "sidecar";
  if (!wasInjected && wouldBe) {
    const why = standing.copied
      ? "it carries sluice.io/status and no client"
      : "it was made before somebody asked for injection, or while the webhook was away";
    return [`it has no client, and would get one now: ${why}; create it anew`];
  }
  if (!wasInjected) return [];
  if (!wouldBe) {
    const reasons = now.findings.filter(({ code }) => reasonInfo(code).level !== "warning");
    const what = now.verdict === "rejected" ? "would be refused now" : "would not be injected now";
    return [`it was injected, and ${what}: ${reasons[0]?.message ?? "nobody asks for it"}`];
  }
  return [
    ...changed("platform", standing.platform, now.platform),
    ...changed("sidecar", standing.sidecar, now.sidecar),
    ...clientDrift(live, now.pod),
    ...affinityDrift(live, now.pod),
    ...(standing.version === undefined || standing.version === version
      ? []
      : [`version: it was injected by Sluice ${standing.version}, and this is ${version}`]),
  ];
}

function changed(what: string, before: string | undefined, now: string | undefined): string[] {
  if (before === undefined || now === undefined || before === now) return [];
  return [`${what}: was ${before}, would be ${now} now`];
}

/** Of each client what its template, the Dataset or an annotation would make different now. */
function clientDrift(live: Pod, now: Pod): string[] {
  const byName = (pod: Pod) => new Map(containersOf(pod).map(({ container }) => [container.name, container]));
  const [before, after] = [byName(live), byName(now)];
  const names = (pod: Pod) => findClients(pod).map(({ container }) => container);
  return [...new Set([...names(live), ...names(now)])].flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === undefined) return [`client ${name}: is not in the pod, and would be now`];
    if (is === undefined) return [`client ${name}: is in the pod, and would not be now`];
    return [...imageDrift(name, was, is), ...templateDrift(name, was, is)];
  });
}

function imageDrift(name: string, was: Container, is: Container): string[] {
  if (was.image === is.image) return [];
  return [`client ${name}: its image is ${was.image}, and the template's is ${is.image} now`];
}

const comparedParts = ["args", "env", "envFrom", "resources", "securityContext", "ports"] as const;

function templateDrift(name: string, was: Container, is: Container): string[] {
  const parts: string[] = comparedParts.filter((part) => !isWithin(is[part], was[part]));
  // The scripts around it are this version's own.
  const client = (container: Container) =>
    parseSupervisorCommand(container.command)?.client ?? container.command;
  if (!isWithin(client(is), client(was))) parts.unshift("command");
  if (parts.length === 0) return [];
  return [
    `client ${name}: its ${parts.join(", ")} would be different now: its template, Dataset or sizes have changed`,
  ];
}

function affinityDrift(live: Pod, now: Pod): string[] {
  const [was, is] = [describeAffinity(live), describeAffinity(now)];
  const [gone, come] = [was.filter((line) => !is.includes(line)), is.filter((line) => !was.includes(line))];
  return [
    ...gone.map((line) => `node affinity: it has "${line}", and would not have it now`),
    ...come.map((line) => `node affinity: it would have "${line}" now`),
  ];
}

/** Whether all of `wanted` stands in `actual`, to which the API server may have added defaults. */
function isWithin(wanted: unknown, actual: unknown): boolean {
  if (wanted === undefined || wanted === null) return true;
  if (Array.isArray(wanted))
    return (
      Array.isArray(actual) &&
      wanted.length === actual.length &&
      wanted.every((entry, index) => isWithin(entry, actual[index]))
    );
  if (isRawObject(wanted))
    return Object.entries(wanted).every(([key, value]) =>
      // An empty text or list is what the API server leaves out.
      isRawObject(actual) && Object.hasOwn(actual, key) ? isWithin(value, actual[key]) : isEmpty(value),
    );
  if (wanted === actual) return true;
  const [a, b] = [parseQuantity(wanted), parseQuantity(actual)];
  return a !== undefined && a === b;
}

function isEmpty(value: unknown): boolean {
  if (value === "" || value === undefined || value === null || value === false) return true;
  return typeof value === "object" && Object.values(value).every(isEmpty);
}
