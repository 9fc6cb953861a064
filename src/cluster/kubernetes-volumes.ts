import type { Volume, VolumeDevice, VolumeMount } from "kubernetes-types/core/v1";
import { parseQuantity } from "../types/quantity.ts";
import {
  describe,
  type Take,
  takeFlag,
  takeInteger,
  takeList,
  takeMap,
  takeMapping,
  takeOneOf,
  takeShape,
  takeText,
} from "./checked-value.ts";
import type { RawObject } from "./raw-fields.ts";

/** A quantity such as "500m", or a bare number; it comes back as text. */
export const takeQuantity: Take<string> = (value, path, { problems }) => {
  if (parseQuantity(value) !== undefined) return String(value);
  problems.push(`${path} must be a quantity such as 500m or 1Gi, and is ${describe(value)}`);
  return undefined;
};

/** A path from the root on, not the root itself, without "..". */
export const takeAbsolutePath: Take<string> = (value, path, remarks) => {
  const text = takeText(value, path, remarks);
  if (text === undefined || (/^\/[^/]/.test(text) && !/\p{Cc}|(^|\/)\.\.(\/|$)/u.test(text))) return text;
  remarks.problems.push(`${path} must be an absolute path, and is ${describe(value)}`);
  return undefined;
};

const propagations = ["None", "HostToContainer", "Bidirectional"];
const takePropagation: Take<string> = (value, path, { problems }) => {
  if (typeof value === "string" && propagations.includes(value)) return value;
  problems.push(`${path} must be one of ${propagations.join(", ")}, and is ${describe(value)}`);
  return undefined;
};

const items = takeList(takeShape({ key: takeText, path: takeText, mode: takeInteger }, ["key", "path"]));
const keys = { items, defaultMode: takeInteger, optional: takeFlag };
/** Those that are in use; the API server knows more. */
const sources = {
  hostPath: takeShape({ path: takeText, type: takeText }, ["path"]),
  emptyDir: takeShape({ medium: takeText, sizeLimit: takeQuantity }),
  secret: takeShape({ secretName: takeText, ...keys }, ["secretName"]),
  configMap: takeShape({ name: takeText, ...keys }, ["name"]),
  persistentVolumeClaim: takeShape({ claimName: takeText, readOnly: takeFlag }, ["claimName"]),
  ephemeral: takeShape({ volumeClaimTemplate: takeShape({ spec: takeMapping }, ["spec"]) }, [
    "volumeClaimTemplate",
  ]),
  csi: takeShape(
    { driver: takeText, readOnly: takeFlag, fsType: takeText, volumeAttributes: takeMap(takeText) },
    ["driver"],
  ),
  nfs: takeShape({ server: takeText, path: takeText, readOnly: takeFlag }, ["server", "path"]),
  projected: takeShape({ sources: takeList(takeMapping), defaultMode: takeInteger }),
  downwardAPI: takeShape({ items: takeList(takeMapping), defaultMode: takeInteger }),
  image: takeShape({ reference: takeText, pullPolicy: takeText }, ["reference"]),
};
const volume = takeShape({ name: takeText, ...sources }, ["name"]);
const knownVolume = takeOneOf("source", sources, volume);

const mount = takeShape(
  {
    name: takeText,
    mountPath: takeAbsolutePath,
    readOnly: takeFlag,
    subPath: takeText,
    subPathExpr: takeText,
    mountPropagation: takePropagation,
    recursiveReadOnly: takeText,
  },
  ["name", "mountPath"],
);
const device = takeShape({ name: takeText, devicePath: takeAbsolutePath }, ["name", "devicePath"]);

/** A source that is not known here is for the API server to judge. */
export const takeVolume: Take<Volume> = (value, path, remarks) => {
  const strange = Object.keys(Object(value)).some((key) => key !== "name" && !Object.hasOwn(sources, key));
  return withTexts((strange ? volume : knownVolume)(value, path, remarks), "name");
};
/** A volume mount at an absolute path. */
export const takeMount: Take<VolumeMount> = (value, path, remarks) =>
  withTexts(mount(value, path, remarks), "name", "mountPath");
/** A volume device at an absolute path. */
export const takeDevice: Take<VolumeDevice> = (value, path, remarks) =>
  withTexts(device(value, path, remarks), "name", "devicePath");

/** The mapping, of which these fields are known to be texts. */
function withTexts<K extends string>(mapping: RawObject | undefined, ...names: readonly K[]) {
  if (mapping === undefined || !names.every((name) => typeof mapping[name] === "string")) return undefined;
  return mapping as RawObject & Record<K, string>;
}
