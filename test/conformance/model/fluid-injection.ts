import type { Container, Pod, Volume, VolumeMount } from "kubernetes-types/core/v1";
import { at, find, hasLabel, list } from "../asked.ts";
import type { Manifest } from "../manifests.ts";
import type { RuntimeInfo } from "./fluid-datasets.ts";

export interface Injection {
  readonly objects: readonly Manifest[];
  readonly native: boolean;
}

interface Template {
  readonly container: Container;
  readonly volumes: readonly Volume[];
  readonly hostPath: string;
  readonly mountType: string;
  readonly subPath: string;
  /** The container's mount of what it shares. */
  readonly mountPath: string;
}

const mountNames = new Map([
  ["jindo", "jindofs-fuse-mount"],
  ["fuse.jindofs-fuse", "jindofs-fuse-mount"],
  ["alluxio", "alluxio-fuse-mount"],
  ["fuse.alluxio-fuse", "alluxio-fuse-mount"],
  ["juicefs", "juicefs-fuse-mount"],
  ["JuiceFS", "juicefs-fuse-mount"],
]);
const cachePrefixes = ["datavolume-", "volume-localtime", "cache-dir", "mem", "ssd", "hdd"];
const privilegedPrefixes = [
  ...["alluxio", "jindofs", "juicefs", "thin", "efc"].map((type) => `${type}-fuse-mount`),
  ...["alluxio", "jindofs", "thin"].map((type) => `${type}-fuse-device`),
  "efc-sock",
];

/** Where a pod is to run; of others than these two Fluid knows nothing. (Fluid: pkg/utils/annotations.go.) */
export function platformOf(pod: Pod): string {
  if (hasLabel(pod, "unprivileged.sidecar.fluid.io/inject")) return "unprivileged";
  if (hasLabel(pod, "fuse.sidecar.fluid.io/inject")) return "default";
  return pod.metadata?.annotations?.["serverless.fluid.io/platform"] ?? "default";
}

/** One round of Fluid's injection; undefined where it comes to an error. (Fluid: pkg/application/inject/fuse.) */
export function injectRound(
  pod: Pod,
  infos: ReadonlyMap<string, RuntimeInfo>,
  { objects, native }: Injection,
): Pod | undefined {
  const result = structuredClone(pod);
  addCheckScript(result, infos);
  let number = result.spec?.containers.filter(({ name }) => name.startsWith("fluid-fuse")).length ?? 0;
  const byClaim = [...infos.values()].sort((one, other) => (one.claim < other.claim ? -1 : 1));
  for (const info of byClaim) {
    const template = prepared(templateOf(info, objects), info, result);
    if (template === undefined) return undefined;
    if (info.scrapes && result.metadata?.annotations?.["prometheus.fuse.fluid.io/scrape"] === undefined)
      annotate(result, "prometheus.fuse.fluid.io/scrape", "true");
    addClient(result, info, template, number, native);
    number++;
  }
  return result;
}

function addClient(pod: Pod, info: RuntimeInfo, template: Template, number: number, native: boolean): void {
  const { spec } = pod;
  if (spec === undefined) return;
  const names = showInsteadOfClaim(pod, info.claim, template);
  const inContainers = showTo(spec.containers, names);
  const inInit = showTo(spec.initContainers ?? [], names);
  const container = { ...template.container, name: `fluid-fuse-${number}` };
  container.volumeMounts = addVolumes(pod, template, number);
  if (native) {
    if (!inContainers && !inInit) return;
    spec.initContainers = [{ ...container, restartPolicy: "Always" }, ...(spec.initContainers ?? [])];
    label(pod, container.name, info);
    return;
  }
  if (inInit) {
    const { lifecycle: _, ...rest } = container;
    const sleeping = { ...rest, name: `init-${container.name}`, command: ["sleep"], args: ["2s"] };
    spec.initContainers = [sleeping, ...(spec.initContainers ?? [])];
    label(pod, sleeping.name, info);
  }
  if (!inContainers) return;
  spec.containers = [container, ...spec.containers];
  label(pod, container.name, info);
}

/** Names of the volumes that were mounted from the claim. */
function showInsteadOfClaim({ spec }: Pod, claim: string, { hostPath, subPath }: Template): Set<string> {
  const path = subPath === "" ? hostPath : `${hostPath}/${subPath}`;
  const names = new Set<string>();
  for (const [index, { name, persistentVolumeClaim }] of (spec?.volumes ?? []).entries()) {
    if (persistentVolumeClaim?.claimName !== claim) continue;
    names.add(name);
    spec?.volumes?.splice(index, 1, { name, hostPath: { path } });
  }
  return names;
}

function label({ metadata }: Pod, container: string, { namespace, name }: RuntimeInfo): void {
  if (metadata === undefined) return;
  metadata.labels = {
    ...metadata.labels,
    [`dataset-namespace.sidecar.fluid.io/${container}`]: namespace,
    [`dataset-name.sidecar.fluid.io/${container}`]: name,
  };
}

export function annotate({ metadata }: Pod, key: string, value: string): void {
  if (metadata !== undefined) metadata.annotations = { ...metadata.annotations, [key]: value };
}

function templateOf(info: RuntimeInfo, objects: readonly Manifest[]): Template | undefined {
  const daemonSet = find(objects, "DaemonSet", info.namespace, info.daemonSet);
  const spec = at(daemonSet, "spec", "template", "spec");
  const container = list(at(spec, "containers"))[0] as Container | undefined;
  const volume = find(objects, "PersistentVolume", undefined, `${info.namespace}-${info.name}`);
  const attributes = at(volume, "spec", "csi", "volumeAttributes");
  if (container === undefined || attributes === undefined) return undefined;
  const mountType = String(at(attributes, "mount_type"));
  const mounts = container.volumeMounts ?? [];
  const shared = mounts.find(({ name }) => name === (mountNames.get(mountType) ?? "thin-fuse-mount"));
  if (shared === undefined) return undefined;
  const used = new Set(mounts.map(({ name }) => name));
  return {
    container: structuredClone(container),
    volumes: (list(at(spec, "volumes")) as Volume[]).filter(({ name }) => used.has(name)),
    hostPath: String(at(attributes, "fluid_path")),
    mountType,
    subPath: String(at(attributes, "fluid_sub_path") ?? ""),
    mountPath: shared.mountPath,
  };
}

function prepared(template: Template | undefined, { scrapes }: RuntimeInfo, pod: Pod): Template | undefined {
  if (template === undefined) return undefined;
  const unprivileged = platformOf(pod) === "unprivileged";
  const dropped = [
    ...(hasLabel(pod, "cachedir.sidecar.fluid.io/inject") ? [] : cachePrefixes),
    ...(unprivileged ? privilegedPrefixes : []),
  ];
  const stays = ({ name }: { readonly name: string }) => !dropped.some((prefix) => name.startsWith(prefix));
  const container: Container = {
    ...template.container,
    volumeMounts: (template.container.volumeMounts ?? []).filter(stays),
  };
  if (unprivileged && container.securityContext !== undefined) {
    container.securityContext = { ...container.securityContext, privileged: false };
    const { capabilities } = container.securityContext;
    if (capabilities?.add !== undefined)
      container.securityContext.capabilities = {
        ...capabilities,
        add: capabilities.add.filter((name) => name !== "SYS_ADMIN"),
      };
  }
  if (!scrapes && container.ports !== undefined)
    container.ports = container.ports.filter(({ name }) => !name?.endsWith("-metrics"));
  const volumes = template.volumes.filter(stays);
  if (!hasLabel(pod, "fuse.sidecar.poststart.fluid.io/inject", "false")) {
    const check = "default-check-mount";
    const file = "check-mount.sh";
    volumes.push({
      name: check,
      configMap: { name: `${template.mountType.toLowerCase()}-${check}`, defaultMode: 0o755 },
    });
    container.volumeMounts?.push({ name: check, mountPath: `/${file}`, subPath: file, readOnly: true });
    const words = `time /${file} ${template.mountPath} ${template.mountType} ${template.subPath}`;
    container.lifecycle = {
      ...container.lifecycle,
      postStart: { exec: { command: ["bash", "-c", words] } },
    };
  }
  return { ...template, container, volumes };
}

/** Says whether one of the containers mounts one of the volumes. */
function showTo(containers: readonly Container[], names: ReadonlySet<string>): boolean {
  let used = false;
  for (const mount of containers.flatMap((container) => container.volumeMounts ?? [])) {
    if (!names.has(mount.name)) continue;
    mount.mountPropagation = "HostToContainer";
    used = true;
  }
  return used;
}

/** Adds the template's volumes, under names of which it only matters that they are free; returns its mounts of them. */
function addVolumes({ spec }: Pod, { container, volumes }: Template, number: number): VolumeMount[] {
  const renamed = new Map<string, string>();
  for (const volume of volumes) {
    let name = `${volume.name}-${number}`;
    while (spec?.volumes?.some((other) => other.name === name)) name = `${name}x`;
    renamed.set(volume.name, name);
    spec?.volumes?.push({ ...volume, name });
  }
  return (container.volumeMounts ?? []).map((mount) => ({
    ...mount,
    name: renamed.get(mount.name) ?? mount.name,
  }));
}

function addCheckScript(pod: Pod, infos: ReadonlyMap<string, RuntimeInfo>): void {
  const { spec } = pod;
  if (spec === undefined || infos.size === 0) return;
  const file = "check-fluid-mount-ready";
  let name = file;
  while (spec.volumes?.some((volume) => volume.name === name)) name = `${name}x`;
  const ofDatasets = new Map(
    (spec.volumes ?? []).flatMap((volume) => {
      const info = infos.get(volume.persistentVolumeClaim?.claimName ?? "");
      return info === undefined ? [] : [[volume.name, info.type] as const];
    }),
  );
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    const mounts = (container.volumeMounts ?? []).filter((mount) => ofDatasets.has(mount.name));
    if (mounts.length === 0) continue;
    const script: VolumeMount = { name, mountPath: `/${file}.sh`, subPath: `${file}.sh`, readOnly: true };
    container.volumeMounts = [...(container.volumeMounts ?? []), script];
    if (!hasLabel(pod, "app.poststart.fluid.io/inject") || container.lifecycle?.postStart !== undefined)
      continue;
    const paths = mounts.map(({ mountPath }) => mountPath).join(":");
    const types = mounts.map((mount) => ofDatasets.get(mount.name)).join(":");
    const command = ["bash", "-c", `time /${file}.sh ${paths} ${types}`];
    container.lifecycle = { ...container.lifecycle, postStart: { exec: { command } } };
  }
  spec.volumes = [...(spec.volumes ?? []), { name, configMap: { name: file, defaultMode: 0o755 } }];
}
