import type { LabelSelector, LabelSelectorRequirement } from "kubernetes-types/meta/v1";
import {
  describe,
  type Remarks,
  type Take,
  takeFields,
  takeFlag,
  takeList,
  takeMap,
  takeText,
} from "./checked-value.ts";
import type {
  CacheDirectory,
  ClaimSelector,
  JuicefsConfig,
  JuicefsSettings,
  MountPodPatch,
  Percentages,
  Sizes,
} from "./juicefs-settings.ts";
import { takeLifecycle, takeProbe, takeVariable } from "./kubernetes-parts.ts";
import { selectorFields, takeLabelSelector } from "./kubernetes-selector.ts";
import { takeAbsolutePath, takeDevice, takeMount, takeQuantity, takeVolume } from "./kubernetes-volumes.ts";
import { readYaml } from "./kubernetes-yaml.ts";

/** The key of the ConfigMap's data. */
export const juicefsConfigKey = "config.yaml";

const takeShare: Take<number> = (value, path, { problems }) => {
  const match = typeof value === "string" ? /^(\d{1,4}(?:\.\d+)?)%$/.exec(value.trim()) : null;
  const share = match === null ? 0 : Number(match[1]) / 100;
  if (share > 0) return share;
  problems.push(`${path} must be a percentage such as 30%, and is ${describe(value)}`);
  return undefined;
};

const sizes = takeFields<Sizes & { claims: unknown }>({
  requests: takeMap(takeQuantity),
  limits: takeMap(takeQuantity),
  claims: (_value, path, { unread }) => void unread.push(path),
});

const percentages = takeFields<Percentages>({
  requests: takeMap(takeShare),
  limits: takeMap(takeShare),
  minLimits: takeMap(takeQuantity),
});

const claimSelector: Take<ClaimSelector> = (value, path, remarks) => {
  const found = takeFields<{
    matchName: string;
    matchStorageClassName: string;
    matchLabels: Record<string, string>;
    matchExpressions: LabelSelectorRequirement[];
  }>({ matchName: takeText, matchStorageClassName: takeText, ...selectorFields })(value, path, remarks);
  if (found === undefined) return undefined;
  const { matchName, matchStorageClassName, ...labels } = found;
  return {
    ...(matchName ? { name: matchName } : {}),
    ...(matchStorageClassName ? { storageClassName: matchStorageClassName } : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
  };
};

const cacheDirectory: Take<CacheDirectory> = (value, path, remarks) => {
  const found = takeFields<{
    type: string;
    path: string;
    name: string;
    sizeLimit: string;
    medium: string;
    storage: string;
    storageClassName: string;
    accessModes: string[];
  }>({
    type: takeText,
    path: takeAbsolutePath,
    name: takeText,
    sizeLimit: takeQuantity,
    medium: takeText,
    storage: takeQuantity,
    storageClassName: takeText,
    accessModes: takeList(takeText),
  })(value, path, remarks);
  if (found === undefined) return undefined;
  const missing = (field: string) => void remarks.problems.push(`${path}.${field} is missing`);
  const { sizeLimit, medium, storageClassName, accessModes = ["ReadWriteOnce"] } = found;
  switch (found.type) {
    case "HostPath":
      return found.path === undefined ? missing("path") : { type: "HostPath", path: found.path };
    case "PVC":
      return found.name === undefined ? missing("name") : { type: "PVC", name: found.name };
    case "EmptyDir":
      return { type: "EmptyDir", ...(sizeLimit ? { sizeLimit } : {}), ...(medium ? { medium } : {}) };
    case "Ephemeral":
      return found.storage === undefined
        ? missing("storage")
        : {
            type: "Ephemeral",
            storage: found.storage,
            accessModes,
            ...(storageClassName ? { storageClassName } : {}),
          };
    default:
      remarks.problems.push(`${path}.type must be HostPath, PVC, EmptyDir or Ephemeral`);
      return undefined;
  }
};

/** The client has volumes of these names itself. (juicefs-csi-driver: pkg/config/config.go, the volumes of a patch.) */
const reservedVolume = /^(rsa-key|init-config|config-|jfs-dir|update-db|cachedir-)/;

/** A volume by the name of one of the client's own is left out. */
const takeOwnVolume: typeof takeVolume = (value, path, remarks) => {
  const found = takeVolume(value, path, remarks);
  if (found === undefined || !reservedVolume.test(found.name)) return found;
  remarks.unread.push(path);
  return undefined;
};

const pullPolicies = ["", "Always", "IfNotPresent", "Never"];
const takePullPolicy: Take<string> = (value, path, { problems }) => {
  if (typeof value === "string" && pullPolicies.includes(value)) return value;
  problems.push(`${path} must be Always, IfNotPresent or Never, and is ${describe(value)}`);
  return undefined;
};

const takeLabel: Take<string> = (value, path, remarks) => {
  const text = takeText(value, path, remarks);
  const filledLater = text?.includes("${") === true;
  if (text === undefined || filledLater || /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/.test(text))
    return text;
  remarks.problems.push(`${path} must be the value of a label, and is ${describe(value)}`);
  return undefined;
};

type PatchInFile = Omit<MountPodPatch, "claims" | "nodes" | "templated"> & {
  readonly pvcSelector?: ClaimSelector;
  readonly nodeSelector?: LabelSelector;
};

const patchInFile: Take<PatchInFile> = takeFields<PatchInFile>({
  pvcSelector: claimSelector,
  nodeSelector: takeLabelSelector,
  ceMountImage: takeText,
  eeMountImage: takeText,
  imagePullPolicy: takePullPolicy,
  env: takeList(takeVariable),
  resources: sizes,
  resourcePercentages: percentages,
  mountOptions: takeList(takeText),
  livenessProbe: takeProbe,
  readinessProbe: takeProbe,
  startupProbe: takeProbe,
  lifecycle: takeLifecycle,
  cacheDirs: takeList(cacheDirectory),
  volumes: takeList(takeOwnVolume),
  volumeMounts: takeList(takeMount),
  volumeDevices: takeList(takeDevice),
  labels: takeMap(takeLabel),
  annotations: takeMap(takeText),
  hostNetwork: takeFlag,
});

const patch: Take<MountPodPatch> = (value, path, remarks) => {
  const found = patchInFile(value, path, remarks);
  if (found === undefined) return undefined;
  const { pvcSelector, nodeSelector, ...rest } = found;
  // As the driver has it, an entry mounts its own volumes only.
  const isThere = ({ name }: { readonly name: string }) =>
    found.volumes?.some((volume) => volume.name === name);
  for (const key of ["volumeMounts", "volumeDevices"] as const)
    for (const entry of found[key] ?? [])
      if (!isThere(entry)) remarks.unread.push(`${path}.${key} ${entry.name}`);
  return {
    ...rest,
    ...(rest.volumeMounts === undefined ? {} : { volumeMounts: rest.volumeMounts.filter(isThere) }),
    ...(rest.volumeDevices === undefined ? {} : { volumeDevices: rest.volumeDevices.filter(isThere) }),
    ...(pvcSelector === undefined ? {} : { claims: pvcSelector }),
    ...(nodeSelector === undefined ? {} : { nodes: nodeSelector }),
    ...(JSON.stringify(found).includes("${") ? { templated: true as const } : {}),
  };
};

interface SettingsInFile {
  readonly enableNativeSidecar?: boolean;
  readonly enableSetQuota?: boolean;
  readonly mountPodPatch?: readonly MountPodPatch[];
}

const settingsInFile: Take<SettingsInFile> = takeFields<SettingsInFile>({
  enableNativeSidecar: takeFlag,
  enableSetQuota: takeFlag,
  mountPodPatch: takeList(patch),
});

/** Fields that the driver knows and that say nothing about a client in a pod. */
const ofMountPods =
  /^(enable(NodeSelector|ControllerSetQuota|AutoRemoveRequestResources|AutoAbortStuckMountPod|LazyUmountTarget|KubeletListMountPod)|mountPodPatch\[\d+\]\.(initContainers|dnsConfig|dnsPolicy|hostPID|hostIPC|hostnameKey|hostAliases|terminationGracePeriodSeconds|tolerations))$/;

/**
 * Reads the driver's configuration file. Nothing in it counts as long as anything in it is wrong.
 * (juicefs-csi-driver: pkg/config/config.go.)
 */
export function readJuicefsConfig(text: string): Pick<JuicefsConfig, "settings" | "problems" | "unread"> {
  const parsed = readYaml(text);
  if ("problem" in parsed) return { problems: [parsed.problem], unread: [] };
  const remarks: Remarks = { problems: [], unread: [] };
  const found = settingsInFile(parsed.value ?? {}, "", remarks);
  const unread = remarks.unread.map(whyUnread);
  if (found === undefined || remarks.problems.length > 0) return { problems: remarks.problems, unread };
  const { enableNativeSidecar, enableSetQuota = true, mountPodPatch = [] } = found;
  const settings: JuicefsSettings = {
    ...(enableNativeSidecar === undefined ? {} : { nativeSidecars: enableNativeSidecar }),
    setQuota: enableSetQuota,
    patches: mountPodPatch,
  };
  return { settings, problems: [], unread };
}

function whyUnread(path: string): string {
  if (ofMountPods.test(path)) return `${path} has no meaning for a client in a pod`;
  if (/\.volumes\[\d+\]$/.test(path))
    return `${path} has the name of a volume of the client's own, which counts`;
  if (path.includes(" ")) return `${path} is not mounted: its entry has no such volume`;
  return `${path} is not known`;
}

/** In words, for whoever looks after the cluster; undefined where nothing is wrong. */
export function describeJuicefsProblem(config: JuicefsConfig): string | undefined {
  if (config.problems.length === 0) return undefined;
  const then =
    config.settings === undefined ? "no JuiceFS claim is served" : "what it said before stays in force";
  return `the JuiceFS driver's configuration in ConfigMap ${config.namespace}/${config.name} cannot be used, so ${then}: ${config.problems.join("; ")}`;
}
