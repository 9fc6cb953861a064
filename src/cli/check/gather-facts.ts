import { sluice } from "../../admission/labels.ts";
import { readBundle } from "../../certs/pem-bundle.ts";
import { fluidGroup, groupPath } from "../../cluster/api-resources.ts";
import { fieldAt, objectsAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";
import { type Config, defaultConfig } from "../../config.ts";
import { controllersLabel } from "../../pod/end-sign.ts";
import { readInstalledConfig } from "../installed-config.ts";
import type { ApiReader } from "./api-reader.ts";
import { accountUser, askRights } from "./ask-rights.ts";
import { markedPods } from "./check-handover.ts";
import { type Facts, known, type Reading, type ReplicaFacts, type ServedChain } from "./facts.ts";
import { gatherJuicefs } from "./gather-juicefs.ts";
import { installed } from "./installed-names.ts";
import { probeReplica } from "./probe-replica.ts";
import { requiredRights } from "./required-rights.ts";

const admission = "/apis/admissionregistration.k8s.io/v1";

/** Reads all that the checks look at. `version` was read before, to see whether anybody answers. */
export async function gatherFacts(
  reader: ApiReader,
  namespace: string,
  serverVersion: Facts["serverVersion"],
): Promise<Facts> {
  const inside = `/namespaces/${encodeURIComponent(namespace)}`;
  const deploymentRead = reader.get(`/apis/apps/v1${inside}/deployments/${installed.deployment}`);
  const configRead = readConfigInUse(reader, namespace);
  const [
    fluidKinds,
    configurations,
    deployment,
    service,
    endpointSlices,
    { certificates },
    replicas,
    rights,
    labelledNamespaces,
    fluidPods,
    pluginProfile,
    ofJuicefs,
    controllers,
    validation,
    policy,
    policyBinding,
  ] = await Promise.all([
    readFluidKinds(reader),
    reader.list(`${admission}/mutatingwebhookconfigurations`),
    deploymentRead,
    reader.get(`/api/v1${inside}/services/${installed.service}`),
    reader.list(`/apis/discovery.k8s.io/v1${inside}/endpointslices`, {
      labelSelector: `kubernetes.io/service-name=${installed.service}`,
    }),
    configRead,
    readReplicas(reader, namespace),
    Promise.all([deploymentRead, configRead]).then(([found, config]) =>
      "value" in found && found.value === undefined
        ? undefined
        : askRights(reader, accountOf(namespace, known(found)), requiredRights(namespace, config)),
    ),
    reader.list("/api/v1/namespaces", { labelSelector: sluice.injection }),
    reader.list("/api/v1/pods", { labelSelector: markedPods }),
    configRead.then((config) => readPluginProfile(reader, config.pluginProfile)),
    configRead.then((config) => gatherJuicefs(reader, inside, config.juicefs)),
    configRead.then((config) => readControllers(reader, inside, config.controllers)),
    configRead.then((config) => readValidation(reader, config.certificates)),
    reader.get(`${admission}/validatingadmissionpolicies/${installed.policy}`),
    reader.get(`${admission}/validatingadmissionpolicybindings/${installed.policy}`),
  ]);
  const reached = known(replicas)?.some(({ served }) => "value" in served) === true;
  const missing = "value" in replicas && replicas.value.length === 0;
  return {
    now: Date.now(),
    namespace,
    serverVersion,
    fluidKinds,
    configurations,
    deployment,
    service,
    endpointSlices,
    certificates,
    replicas,
    ...(reached || missing
      ? {}
      : { storedCertificate: await readSecret(reader, inside, certificates.secret) }),
    rights,
    account: accountUser(accountOf(namespace, known(deployment))),
    labelledNamespaces,
    fluidPods,
    pluginProfile,
    juicefs: ofJuicefs,
    controllers,
    ...(validation === undefined ? {} : { validation }),
    policy,
    policyBinding,
  };
}

function accountOf(namespace: string, deployment: RawObject | undefined) {
  const name = textAt(deployment, "spec", "template", "spec", "serviceAccountName");
  return { namespace, name: name ?? installed.serviceAccount };
}

async function readFluidKinds(reader: ApiReader): Promise<Facts["fluidKinds"]> {
  const answer = await reader.get(groupPath(fluidGroup, "v1alpha1"));
  if ("problem" in answer) return answer;
  const kinds = objectsAt(answer.value, "resources")
    .filter((resource) => !(textAt(resource, "name") ?? "").includes("/"))
    .flatMap((resource) => textAt(resource, "kind") ?? []);
  return { value: new Set(kinds) };
}

async function readPluginProfile(
  reader: ApiReader,
  place: Config["pluginProfile"],
): Promise<Facts["pluginProfile"]> {
  const read = ({ namespace, name }: Config["pluginProfile"]) =>
    reader.get(`/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(name)}`);
  const [found, ofFluid] = await Promise.all([read(place), read(defaultConfig.pluginProfile)]);
  return { place, found, ofFluid };
}

async function readControllers(
  reader: ApiReader,
  inside: string,
  { enabled }: Config["controllers"],
): Promise<Facts["controllers"]> {
  const [deployment, lease, pods] = await Promise.all([
    reader.get(`/apis/apps/v1${inside}/deployments/${installed.controllers}`),
    reader.get(`/apis/coordination.k8s.io/v1${inside}/leases/${installed.controllers}`),
    reader.list("/api/v1/pods", { labelSelector: `${controllersLabel}=true` }),
  ]);
  return { enabled, deployment, lease, pods };
}

/** Undefined where none is installed. */
async function readValidation(
  reader: ApiReader,
  { validatingWebhookConfiguration: name }: Config["certificates"],
): Promise<Facts["validation"]> {
  if (name === undefined) return undefined;
  return { name, found: await reader.get(`${admission}/validatingwebhookconfigurations/${name}`) };
}

/** What the replicas are configured by; the defaults where that cannot be read. */
async function readConfigInUse(reader: ApiReader, namespace: string): Promise<Config> {
  return known(await readInstalledConfig(reader, namespace)) ?? defaultConfig;
}

async function readReplicas(reader: ApiReader, namespace: string): Promise<Reading<readonly ReplicaFacts[]>> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  const pods = await reader.list(path, { labelSelector: installed.podSelector });
  if ("problem" in pods) return pods;
  const running = pods.value.filter(
    (pod) =>
      textAt(pod, "status", "phase") === "Running" &&
      fieldAt(pod, "metadata", "deletionTimestamp") === undefined,
  );
  return { value: await Promise.all(running.map((pod) => probeReplica(reader, namespace, pod))) };
}

/** Of the Secret only the certificate is kept. */
async function readSecret(
  reader: ApiReader,
  inside: string,
  name: string,
): Promise<Reading<ServedChain | undefined>> {
  const found = await reader.get(`/api/v1${inside}/secrets/${name}`);
  if ("problem" in found) return found;
  try {
    const pem = Buffer.from(textAt(found.value, "data", "tls.crt") ?? "", "base64").toString("utf8");
    const [serving, ...intermediates] = readBundle(pem);
    return { value: serving === undefined ? undefined : { serving, intermediates } };
  } catch {
    return { problem: "its tls.crt is no certificate" };
  }
}
