import { fieldAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";
import { claimedWherePodsAsk } from "./check-juicefs.ts";
import { type CheckResult, error, type Finding, ok, unread, warning } from "./check-result.ts";
import { type Facts, known } from "./facts.ts";
import { installed } from "./installed-names.ts";

/** A leader renews every 2 s and gives up after 10; the rest is for clocks that do not agree. */
const staleMs = 60_000;

/** Whether the background work is done, where anything needs it. */
export function checkControllers(facts: Facts): CheckResult | undefined {
  if (known(facts.deployment) === undefined) return undefined;
  const finding = facts.controllers.enabled ? judgeRunning(facts) : judgeMissing(facts);
  return finding && { check: "controllers", ...finding };
}

function judgeMissing(facts: Facts): Finding | undefined {
  const [first] = podsThatWait(facts);
  if (first === undefined) return undefined;
  return error(
    `${first} for the controllers, which are not installed`,
    "apply the chart with controllers.enabled=true",
  );
}

function judgeRunning(facts: Facts): Finding {
  const { controllers, namespace } = facts;
  if ("problem" in controllers.lease)
    return unread(`Lease ${installed.controllers}`, controllers.lease.problem);
  const nobody = whyNobodyLeads(controllers.lease.value, now(facts));
  const look = `kubectl -n ${namespace} get pods -l ${installed.controllersSelector}; kubectl -n ${namespace} logs deployment/${installed.controllers}`;
  if (nobody !== undefined) {
    const [needs] = [...podsThatWait(facts), ...volumesThatWait(facts)];
    if (needs === undefined) return warning(`nobody does the background work: ${nobody}`, `see why: ${look}`);
    return error(`nobody does the background work (${nobody}), and ${needs} for it`, `see why: ${look}`);
  }
  const holder = textAt(controllers.lease.value, "spec", "holderIdentity");
  const deployment = known(controllers.deployment);
  const wanted = numberAt(deployment, "spec", "replicas");
  const ready = numberAt(deployment, "status", "readyReplicas");
  if (deployment !== undefined && ready < wanted)
    return warning(`${holder} leads, yet only ${ready} of ${wanted} are ready`, `see why: ${look}`);
  return ok(`${holder} leads${deployment === undefined ? "" : `; ${ready} of ${wanted} ready`}`);
}

function whyNobodyLeads(lease: RawObject | undefined, nowMs: number): string | undefined {
  const title = `Lease ${installed.controllers}`;
  if (lease === undefined) return `there is no ${title}`;
  const holder = textAt(lease, "spec", "holderIdentity");
  if (!holder) return `${title} has no holder`;
  const renewed = Date.parse(textAt(lease, "spec", "renewTime") ?? "");
  if (!(nowMs - renewed <= staleMs))
    return `${holder} has not renewed ${title}${Number.isNaN(renewed) ? "" : ` for ${Math.round((nowMs - renewed) / 1000)} s`}`;
  return undefined;
}

/** By the clock of a replica, where one told it: it is more likely to agree with that of the leader than ours. */
function now({ replicas, now: ours }: Facts): number {
  const theirs = known(replicas)?.flatMap(({ ops }) => ("value" in ops ? [ops.value.now] : [])) ?? [];
  return theirs[0] ?? ours;
}

function podsThatWait({ controllers }: Facts): string[] {
  const waiting = (known(controllers.pods) ?? []).filter(
    (pod) => !["Succeeded", "Failed"].includes(textAt(pod, "status", "phase") ?? ""),
  );
  const [first] = waiting;
  if (first === undefined) return [];
  const name = `${textAt(first, "metadata", "namespace")}/${textAt(first, "metadata", "name")}`;
  return [waiting.length === 1 ? `pod ${name} waits` : `pods ${name} and ${waiting.length - 1} more wait`];
}

function volumesThatWait(facts: Facts): string[] {
  const [first] = claimedWherePodsAsk(facts);
  return first === undefined ? [] : [`claim ${first.claim} of JuiceFS waits`];
}

function numberAt(object: unknown, ...path: readonly string[]): number {
  const found = fieldAt(object, ...path);
  return typeof found === "number" ? found : 0;
}
