import type { Container, Volume } from "kubernetes-types/core/v1";
import type { ClientPodTemplate } from "./cluster-view.ts";
import { fieldAt, isRawObject, objectsAt, type RawObject, textAt, textsAt } from "./raw-fields.ts";

type Reading = (value: unknown) => unknown;

const text: Reading = (value) => (typeof value === "string" ? value : undefined);
const flag: Reading = (value) => (typeof value === "boolean" ? value : undefined);
const mapping: Reading = (value) => (isRawObject(value) ? value : undefined);
const texts: Reading = (value) =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : undefined;

/** A list of mappings in which each of `required` is a text. */
function entries(...required: readonly string[]): Reading {
  return (value) =>
    Array.isArray(value)
      ? value.filter(
          (entry) => isRawObject(entry) && required.every((key) => textAt(entry, key) !== undefined),
        )
      : undefined;
}

// Fields that are not listed are kept as they are, so that those of newer Kubernetes versions survive.
const containerFields: Readonly<Record<string, Reading>> = {
  name: text,
  image: text,
  imagePullPolicy: text,
  command: texts,
  args: texts,
  workingDir: text,
  ports: entries(),
  env: entries("name"),
  envFrom: entries(),
  resources: mapping,
  securityContext: mapping,
  lifecycle: mapping,
  livenessProbe: mapping,
  readinessProbe: mapping,
  startupProbe: mapping,
  volumeMounts: entries("name", "mountPath"),
  volumeDevices: entries("name", "devicePath"),
  restartPolicy: text,
  terminationMessagePath: text,
  terminationMessagePolicy: text,
  stdin: flag,
  stdinOnce: flag,
  tty: flag,
};

/** The parts of a pod spec that a client sidecar is made from; parts of the wrong type are left out. */
export function projectClientPodTemplate(podSpec: unknown): ClientPodTemplate {
  return {
    containers: objectsAt(podSpec, "containers").map(withoutWrongFields).filter(isContainer),
    initContainers: objectsAt(podSpec, "initContainers").map(withoutWrongFields).filter(isContainer),
    volumes: objectsAt(podSpec, "volumes").map(withoutWrongSources).filter(isVolume),
    imagePullSecrets: projectPullSecrets(podSpec),
    hostNetwork: fieldAt(podSpec, "hostNetwork") === true,
    ...projectDns(podSpec),
  };
}

function projectDns(podSpec: unknown): Pick<ClientPodTemplate, "dnsPolicy" | "dnsConfig"> {
  const dnsPolicy = textAt(podSpec, "dnsPolicy");
  const nameservers = textsAt(podSpec, "dnsConfig", "nameservers");
  const searches = textsAt(podSpec, "dnsConfig", "searches");
  return {
    ...(dnsPolicy === undefined ? {} : { dnsPolicy }),
    ...(nameservers.length + searches.length === 0 ? {} : { dnsConfig: { nameservers, searches } }),
  };
}

/** `imagePullSecrets` of a pod spec or a ServiceAccount. */
export function projectPullSecrets(owner: unknown): { name: string }[] {
  return objectsAt(owner, "imagePullSecrets").flatMap((entry) => {
    const name = textAt(entry, "name");
    return name === undefined ? [] : [{ name }];
  });
}

function withoutWrongFields(container: RawObject): RawObject {
  const result: Record<string, unknown> = { ...container };
  for (const [key, value] of Object.entries(container)) {
    const reading = Object.hasOwn(containerFields, key) ? containerFields[key] : undefined;
    if (reading === undefined) continue;
    const read = reading(value);
    if (read === undefined) delete result[key];
    else result[key] = read;
  }
  return result;
}

/** Whatever stands beside a volume's name is a source, and each source is a mapping. */
function withoutWrongSources(volume: RawObject): RawObject {
  return Object.fromEntries(
    Object.entries(volume).filter(([key, value]) => key === "name" || isRawObject(value)),
  );
}

function isContainer(value: RawObject): value is RawObject & Container {
  return textAt(value, "name") !== undefined;
}

function isVolume(value: RawObject): value is RawObject & Volume {
  return textAt(value, "name") !== undefined;
}
