import type { Container, EnvVar, Pod, Volume } from "kubernetes-types/core/v1";

const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const tokenVolume = "kube-api-access-x7k2p";

/**
 * What an API server does with a pod before, between and after mutating webhooks: defaulting, and the in-tree plugins
 * ServiceAccount and LimitRanger, as far as they touch what an injection touches. Idempotent, as they are.
 * (Kubernetes: pkg/apis/core/v1/defaults.go, plugin/pkg/admission/{serviceaccount,limitranger}.)
 */
export function fillIn(pod: Pod): Pod {
  const copy = withoutEmptyValues(structuredClone(pod));
  const { spec } = copy;
  if (spec === undefined) return copy;
  addToken(spec);
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    limitRange(container);
    defaultContainer(container);
  }
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  spec.restartPolicy ??= "Always";
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= "ClusterFirst";
  spec.securityContext ??= {};
  spec.schedulerName ??= "default-scheduler";
  spec.serviceAccountName ??= "default";
  spec.enableServiceLinks ??= true;
  spec.preemptionPolicy ??= "PreemptLowerPriority";
  spec.tolerations ??= [{ key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" }];
  return copy;
}

function addToken(spec: NonNullable<Pod["spec"]>): void {
  if (spec.automountServiceAccountToken === false) return;
  let added = false;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === tokenPath)) continue;
    container.volumeMounts = [
      ...(container.volumeMounts ?? []),
      { name: tokenVolume, readOnly: true, mountPath: tokenPath },
    ];
    added = true;
  }
  if (!added || spec.volumes?.some((volume) => volume.name === tokenVolume)) return;
  const sources = [{ serviceAccountToken: { expirationSeconds: 3607, path: "token" } }];
  spec.volumes = [...(spec.volumes ?? []), { name: tokenVolume, projected: { sources } }];
}

function limitRange(container: Container): void {
  container.resources ??= {};
  container.resources.limits = { cpu: "1", memory: "1Gi", ...container.resources.limits };
}

function defaultContainer(container: Container): void {
  container.terminationMessagePath ??= "/dev/termination-log";
  container.terminationMessagePolicy ??= "File";
  container.imagePullPolicy ??= "IfNotPresent";
  for (const port of container.ports ?? []) port.protocol ??= "TCP";
  for (const variable of container.env ?? [])
    if (variable.valueFrom?.fieldRef !== undefined) variable.valueFrom.fieldRef.apiVersion ??= "v1";
  const resources = container.resources;
  if (resources?.limits !== undefined) resources.requests = { ...resources.limits, ...resources.requests };
}

function defaultVolume(volume: Volume): void {
  for (const source of [volume.configMap, volume.secret, volume.projected])
    if (source !== undefined) source.defaultMode ??= 0o644;
  if (volume.hostPath !== undefined) volume.hostPath.type ??= "";
}

/** Go's `omitempty`: what is empty does not come back. */
function withoutEmptyValues(pod: Pod): Pod {
  const { spec } = pod;
  if (spec === undefined) return pod;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    for (const mount of container.volumeMounts ?? []) {
      if (mount.readOnly === false) delete mount.readOnly;
      if (mount.subPath === "") delete mount.subPath;
    }
    container.env =
      container.env?.map(({ value, ...rest }): EnvVar => (value ? { ...rest, value } : rest)) ?? [];
    if (container.env.length === 0) delete container.env;
    if (container.volumeMounts?.length === 0) delete container.volumeMounts;
  }
  if (spec.initContainers?.length === 0) delete spec.initContainers;
  if (spec.volumes?.length === 0) delete spec.volumes;
  return pod;
}
