import { parseAllDocuments } from "yaml";
import manifest from "../../../manifests/install.yaml";
import {
  fieldAt,
  isRawObject,
  objectsAt,
  type RawObject,
  textAt,
  textsAt,
} from "../../cluster/raw-fields.ts";
import { error, type Finding, warning } from "./check-result.ts";
import { installed } from "./installed-names.ts";

const again = "apply the chart or install.yaml again";

/** The entries of our registration as the chart renders them with its default values. */
export function renderedEntries(): RawObject[] {
  const documents = parseAllDocuments(manifest).map((document): unknown => document.toJS());
  const registration = documents.find((one) => textAt(one, "kind") === "MutatingWebhookConfiguration");
  return objectsAt(registration, "webhooks");
}

/** Whether the chart leaves the entry out by choice: of those for JuiceFS, and where nothing but a preference rests on it. */
export function isOptional(rendered: RawObject): boolean {
  const ofJuicefs = (textAt(rendered, "name") ?? "").endsWith(".juicefs.sluice.io");
  return ofJuicefs || textAt(rendered, "failurePolicy") === "Ignore";
}

/** What an entry has of its own: where Sluice is installed, and whether the API server knows conditions. */
export interface EntryConditions {
  readonly namespace: string;
  readonly hasConditions: boolean | undefined;
}

/** How an entry differs from the `rendered` one in what matters; values of the chart may differ as they may. */
export function compareEntry(entry: RawObject, rendered: RawObject, conditions: EntryConditions): Finding[] {
  const name = textAt(rendered, "name") ?? "";
  const findings = [
    ...compareTarget(entry, conditions.namespace),
    ...compareSelectors(entry, rendered, conditions.namespace),
    ...compareBehaviour(entry, rendered, conditions.hasConditions),
  ];
  return findings.map((finding) => ({ ...finding, message: `${name} ${finding.message}` }));
}

function compareTarget(entry: RawObject, namespace: string): Finding[] {
  const service = fieldAt(entry, "clientConfig", "service");
  const port = fieldAt(service, "port") ?? 443;
  const target = `${textAt(service, "namespace")}/${textAt(service, "name")}:${port}${textAt(service, "path") ?? ""}`;
  const wanted = `${namespace}/${installed.service}:443/mutate`;
  if (target === wanted) return [];
  const found = service === undefined ? (textAt(entry, "clientConfig", "url") ?? "nobody") : target;
  return [error(`calls ${found} instead of Service ${wanted}`, `${again}, or name its namespace with -n`)];
}

function compareSelectors(entry: RawObject, rendered: RawObject, namespace: string): Finding[] {
  const findings: Finding[] = [];
  if (!sameValue(entry["rules"], rendered["rules"]))
    findings.push(error("has other rules than the creation of pods", again));
  const pods = expressionsOf(entry, "objectSelector");
  const podsWanted = expressionsOf(rendered, "objectSelector");
  const lost = [...podsWanted].filter((one) => !pods.has(one));
  for (const one of lost.filter((text) => text.includes(' NotIn ["false"]')))
    findings.push(
      warning(
        `no longer leaves out pods that opt out by ${one.split(" ")[0]}: "false"`,
        `${again}: it is the way out while Sluice is down`,
      ),
    );
  const rest = lost.filter((text) => !text.includes(' NotIn ["false"]'));
  if (rest.length > 0 || [...pods].some((one) => !podsWanted.has(one)))
    findings.push(error("selects other pods than it should (objectSelector)", again));
  const places = expressionsOf(entry, "namespaceSelector");
  const byName = placesLeftOut(entry);
  const optIn = [...expressionsOf(rendered, "namespaceSelector")].filter((one) => !one.startsWith(nameLabel));
  if (!optIn.every((one) => places.has(one)))
    findings.push(error("selects other namespaces than it should (namespaceSelector)", again));
  if (!byName.includes(namespace))
    findings.push(error(`does not leave out namespace ${namespace}, where Sluice itself runs`, again));
  if (!byName.includes("kube-system"))
    findings.push(
      warning("does not leave out namespace kube-system", "keep it in webhook.excludedNamespaces"),
    );
  return findings;
}

function compareBehaviour(
  entry: RawObject,
  rendered: RawObject,
  hasConditions: boolean | undefined,
): Finding[] {
  const findings: Finding[] = [];
  if (textAt(entry, "failurePolicy") === "Ignore" && textAt(rendered, "failurePolicy") !== "Ignore")
    findings.push(
      warning(
        "lets pods in without their data while no replica answers (failurePolicy: Ignore)",
        "set webhook.failurePolicy=Fail once that is no longer needed",
      ),
    );
  if (textAt(entry, "failurePolicy") !== "Ignore" && textAt(rendered, "failurePolicy") === "Ignore")
    findings.push(
      warning("refuses pods that have no dataset while no replica answers (failurePolicy: Fail)", again),
    );
  if (textAt(entry, "sideEffects") !== "None")
    findings.push(error("does not say sideEffects: None, so dry runs may be refused", again));
  if (!textsAt(entry, "admissionReviewVersions").includes("v1"))
    findings.push(error("does not offer admissionReviewVersions v1", again));
  if (textAt(entry, "reinvocationPolicy") !== "IfNeeded")
    findings.push(
      warning("is not called again (reinvocationPolicy): containers added later see no data", again),
    );
  const seconds = fieldAt(entry, "timeoutSeconds");
  if (typeof seconds === "number" && seconds < 3)
    findings.push(
      warning(
        `gives up after ${seconds} s, while what is missing is waited for`,
        "set webhook.timeoutSeconds=5",
      ),
    );
  const [wanted] = objectsAt(rendered, "matchConditions");
  const [found] = objectsAt(entry, "matchConditions");
  if (found === undefined && hasConditions === true)
    findings.push(
      warning(
        "has no matchConditions: every opted-in pod is sent, with or without a claim",
        "apply the chart again with webhook.matchConditions=auto, now that the API server knows them",
      ),
    );
  // The chart can add a condition at the end.
  if (
    found !== undefined &&
    !flat(textAt(found, "expression")).startsWith(flat(textAt(wanted, "expression")))
  )
    findings.push(warning("has other matchConditions than this version of Sluice", again));
  return findings;
}

const nameLabel = "kubernetes.io/metadata.name";

function placesLeftOut(entry: RawObject): string[] {
  return objectsAt(entry, "namespaceSelector", "matchExpressions")
    .filter((one) => textAt(one, "key") === nameLabel && textAt(one, "operator") === "NotIn")
    .flatMap((one) => textsAt(one, "values"));
}

/** Each as text: 'sluice.io/inject NotIn ["false"]'. */
function expressionsOf(entry: RawObject, selector: string): Set<string> {
  const labels = Object.entries(Object(fieldAt(entry, selector, "matchLabels"))).map(
    ([key, value]) => `${key} In ${JSON.stringify([value])}`,
  );
  const expressions = objectsAt(entry, selector, "matchExpressions").map(
    (one) =>
      `${textAt(one, "key")} ${textAt(one, "operator")} ${JSON.stringify(textsAt(one, "values").sort())}`,
  );
  return new Set([...labels, ...expressions]);
}

function flat(text: string | undefined): string {
  return (text ?? "").replaceAll(/\s+/g, "");
}

function sameValue(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

/** As JSON, keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isRawObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
