import type { Probe, Volume, VolumeDevice, VolumeMount } from "kubernetes-types/core/v1";
import type { LabelSelector, LabelSelectorRequirement } from "kubernetes-types/meta/v1";
import { parseQuantity } from "../types/quantity.ts";
import {
  describe,
  type Remarks,
  type Take,
  takeFields,
  takeFlag,
  takeList,
  takeMap,
  takeMapping,
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
import { takeLifecycle, takeNamed, takeVariable } from "./kubernetes-parts.ts";
import { readYaml } from "./kubernetes-yaml.ts";

/** The key of the ConfigMap's data. */
export const juicefsConfigKey = "config.yaml";

const takeQuantity: Take<string> = (value, path, { problems }) => {
  if (parseQuantity(value) !== undefined) return String(value);
  problems.push(`${path} must be a quantity such as 500m or 1Gi, and is ${describe(value)}`);
  return undefined;
};

const takeShare: Take<number> = (value, path, { problems }) => {
  const match = typeof value === "string" ? /^(\d{1,4}(?:\.\d+)?)%$/.exec(value.trim()) : null;
  const share = match === null ? 0 : Number(match[1]) / 100;
  if (share > 0) return share;
  problems.push(`${path} must be a percentage such as 30%, and is ${describe(value)}`);
  return undefined;
};

const takeAbsolutePath: Take<string> = (value, path, remarks) => {
  const text = takeText(value, path, remarks);
  if (text === undefined || (/^\/[^/]/.test(text) && !/\p{Cc}|(^|\/)\.\.(\/|$)/u.test(text))) return text;
  remarks.problems.push(`${path} must be an absolute path, and is ${describe(value)}`);
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

const requirement: Take<LabelSelectorRequirement> = (value, path, remarks) => {
  const found = takeFields<LabelSelectorRequirement>({
    key: takeText,
    operator: takeText,
    values: takeList(takeText),
  })(value, path, remarks);
  if (found === undefined) return undefined;
  const { key, operator = "" } = found;
  const values = found.values ?? [];
  const needsValues = operator === "In" || operator === "NotIn";
  if (key === undefined) remarks.problems.push(`${path}.key is missing`);
  else if (!needsValues && operator !== "Exists" && operator !== "DoesNotExist")
    remarks.problems.push(`${path}.operator must be In, NotIn, Exists or DoesNotExist`);
  else if (needsValues !== values.length > 0)
    remarks.problems.push(`${path}.values must be ${needsValues ? "given" : "left out"} with ${operator}`);
  else return { key, operator, values };
  return undefined;
};

const selectorFields = { matchLabels: takeMap(takeText), matchExpressions: takeList(requirement) };

const labelSelector: Take<LabelSelector> = takeFields<LabelSelector>(selectorFields);

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

/** In words, for whoever looks after the cluster; undefined where nothing is wrong. */
export function describeJuicefsProblem(config: JuicefsConfig): string | undefined {
  if (config.problems.length === 0) return undefined;
  const then =
    config.settings === undefined ? "no JuiceFS claim is served" : "what it said before stays in force";
  return `the JuiceFS driver's configuration in ConfigMap ${config.namespace}/${config.name} cannot be used, so ${then}: ${config.problems.join("; ")}`;
}

const probe: Take<Probe> = takeMapping;

type PatchInFile = Omit<MountPodPatch, "claims" | "nodes" | "templated"> & {
  readonly pvcSelector?: ClaimSelector;
  readonly nodeSelector?: LabelSelector;
};

const patchInFile: Take<PatchInFile> = takeFields<PatchInFile>({
  pvcSelector: claimSelector,
  nodeSelector: labelSelector,
  ceMountImage: takeText,
  eeMountImage: takeText,
  imagePullPolicy: takeText,
  env: takeList(takeVariable),
  resources: sizes,
  resourcePercentages: percentages,
  mountOptions: takeList(takeText),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: takeLifecycle,
  cacheDirs: takeList(cacheDirectory),
  volumes: takeList(takeNamed<Volume>("name")),
  volumeMounts: takeList(takeNamed<VolumeMount>("name", "mountPath")),
  volumeDevices: takeList(takeNamed<VolumeDevice>("name", "devicePath")),
  labels: takeMap(takeText),
  annotations: takeMap(takeText),
  hostNetwork: takeFlag,
});

const patch: Take<MountPodPatch> = (value, path, remarks) => {
  const found = patchInFile(value, path, remarks);
  if (found === undefined) return undefined;
  const { pvcSelector, nodeSelector, ...rest } = found;
  return {
    ...rest,
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
  const unread = remarks.unread.map((path) =>
    ofMountPods.test(path) ? `${path} has no meaning for a client in a pod` : `${path} is not known`,
  );
  if (found === undefined || remarks.problems.length > 0) return { problems: remarks.problems, unread };
  const { enableNativeSidecar, enableSetQuota = true, mountPodPatch = [] } = found;
  const settings: JuicefsSettings = {
    ...(enableNativeSidecar === undefined ? {} : { nativeSidecars: enableNativeSidecar }),
    setQuota: enableSetQuota,
    patches: mountPodPatch,
  };
  return { settings, problems: [], unread };
}
