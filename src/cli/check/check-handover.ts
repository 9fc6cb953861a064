import { fluid, sluice } from "../../admission/labels.ts";
import { fieldAt, objectsAt, type RawObject, textAt, textsAt } from "../../cluster/raw-fields.ts";
import { optedInNamespaces } from "./check-namespaces.ts";
import { type CheckResult, type Finding, ok, unread, warning, worst } from "./check-result.ts";
import { type Facts, known } from "./facts.ts";
import { installed } from "./installed-names.ts";

const page = "docs/from-fluid.md";

/** How far a cluster has changed over from Fluid's own webhook; undefined where there is nothing left of it. */
export function checkHandover(facts: Facts): CheckResult | undefined {
  const check = "handover from Fluid";
  const registrations = (known(facts.configurations) ?? []).filter(leadsToFluid);
  const pods = fluidPods(facts);
  if (registrations.length === 0) {
    if (pods === undefined || pods.length === 0) return undefined;
    const message = `pods come to Sluice; ${tellPods(pods)}: keep Fluid's fluidapp-controller and its check ConfigMaps until they are gone`;
    return { check, ...ok(message) };
  }
  const findings = registrations.flatMap((registration) => judge(registration, facts));
  if (pods === undefined && "problem" in facts.fluidPods)
    findings.push(unread("the pods with sidecars of Fluid's webhook", facts.fluidPods.problem));
  const found = worst(findings, ok("Fluid's webhook leads to Sluice"));
  if (pods === undefined || pods.length === 0) return { check, ...found };
  return { check, ...found, details: [...(found.details ?? []), tellPods(pods)] };
}

function judge(registration: RawObject, facts: Facts): Finding[] {
  const name = textAt(registration, "metadata", "name") ?? "";
  const remove = `kubectl delete mutatingwebhookconfiguration ${name}`;
  const entries = objectsAt(registration, "webhooks").filter(isFluidEntry);
  if (entries.some((entry) => isOurs(entry, facts.namespace)))
    return [warning(`${name} calls Sluice a second time for pods with Fluid's labels`, remove)];
  const places = entries.map((entry) => leftOut(entry, facts));
  const [first = new Set<string>()] = places;
  const all = [...first].filter((place) => places.every((others) => others.has(place))).sort();
  const some = new Set(places.flatMap((others) => [...others]));
  const order = name < installed.registration ? "before" : "after";
  const serves = `Fluid's own webhook (${name}) is called ${order} Sluice and serves pods with its labels`;
  if (some.size > all.length) {
    const [half] = [...some].filter((place) => !all.includes(place)).sort();
    return [
      warning(
        `${serves}; its entries do not leave out the same namespaces: ${half} is left out by some only`,
        `let each of its ${entries.length} entries leave out the same ones (${page})`,
      ),
    ];
  }
  if (all.length === 0)
    return [warning(serves, `hand over one namespace after the other (${page}), or all at once: ${remove}`)];
  return [
    warning(
      `${serves}, but for ${tellNames(all)}, which Sluice has taken over`,
      `hand over the others too, then ${remove} (${page})`,
    ),
  ];
}

/** Names of the namespaces whose pods the entry does not take. */
function leftOut(entry: RawObject, facts: Facts): ReadonlySet<string> {
  const names = new Set<string>();
  for (const expression of objectsAt(entry, "namespaceSelector", "matchExpressions")) {
    if (textAt(expression, "operator") !== "NotIn") continue;
    const key = textAt(expression, "key");
    const values = textsAt(expression, "values");
    if (key === "kubernetes.io/metadata.name") for (const value of values) names.add(value);
    if (key === sluice.injection && values.includes("enabled"))
      for (const { name } of optedInNamespaces(facts)) names.add(name);
  }
  return names;
}

function leadsToFluid(configuration: RawObject): boolean {
  return (
    textAt(configuration, "metadata", "name") !== installed.registration &&
    objectsAt(configuration, "webhooks").some(isFluidEntry)
  );
}

function isFluidEntry(entry: RawObject): boolean {
  return textAt(entry, "clientConfig", "service", "path")?.startsWith("/mutate-fluid-io") === true;
}

function isOurs(entry: RawObject, namespace: string): boolean {
  const service = fieldAt(entry, "clientConfig", "service");
  return textAt(service, "namespace") === namespace && textAt(service, "name") === installed.service;
}

/** Running pods that Fluid's webhook put clients into, and not Sluice. */
function fluidPods({ fluidPods }: Facts): readonly RawObject[] | undefined {
  return known(fluidPods)?.filter(
    (pod) =>
      textAt(pod, "metadata", "annotations", sluice.status) === undefined &&
      !["Succeeded", "Failed"].includes(textAt(pod, "status", "phase") ?? ""),
  );
}

function tellPods(pods: readonly RawObject[]): string {
  const [first] = pods;
  const name = `${textAt(first, "metadata", "namespace")}/${textAt(first, "metadata", "name")}`;
  return pods.length === 1
    ? `1 pod still has sidecars of Fluid's webhook (${name})`
    : `${pods.length} pods still have sidecars of Fluid's webhook (such as ${name})`;
}

function tellNames(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length <= 3 ? shown : `${shown} and ${names.length - 3} more`;
}

/** Label selector of the pods that any webhook of Fluid's kind has marked. */
export const markedPods = `${fluid.done}=true`;
