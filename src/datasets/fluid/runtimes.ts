/** One of Fluid's runtime types: where its objects are found, and what is particular about its client. */
export interface RuntimeType {
  /** status.runtimes[].type of the Dataset. */
  readonly type: string;
  /** Kind of the runtime object, which has the Dataset's name. */
  readonly kind: string;
  /** Name of the client's DaemonSet is the Dataset's name and this. */
  readonly daemonSetSuffix: string;
  /** Whether its workers' nodes carry the dataset's label. */
  readonly labelsNodes: boolean;
  /** Whether spec.fuse.metrics.scrapeTarget counts. */
  readonly metricsTarget: boolean;
  /** Names that Fluid gives the volumes of the client's cache directories, matched whole. */
  readonly cacheVolumes?: RegExp;
  /** There are such volumes only where the runtime states a tiered store. */
  readonly cacheNeedsTieredStore: boolean;
  /** Names of the ConfigMaps that Fluid copies for a reference dataset: the name of the dataset referred to is `*`. */
  readonly copiedConfigMaps: readonly string[];
  /** The client mounts at the root of the volume that it shares; the directory above is Fluid's own, too. */
  readonly mountsAtRoot: boolean;
  /** The client mounts nothing: the dataset is a directory of files and sockets in the volume that it shares. */
  readonly isDirectory: boolean;
  /** What has to run on the client's node, by the directory that it is reached through there. */
  readonly nodeService?: { readonly directory: string; readonly remedy: string };
}

const mediums = /^(mem|ssd|hdd)(-\d+)?$/;

/** Fluid: pkg/ddc/base/runtime.go, charts/<type>/templates/fuse, pkg/ddc/thin/referencedataset/cm.go. */
const runtimeTypes: readonly RuntimeType[] = [
  row("alluxio", "AlluxioRuntime", { cacheVolumes: mediums, copiedConfigMaps: ["*-config"] }),
  row("cache", "CacheRuntime", {
    daemonSetSuffix: "-client",
    mountsAtRoot: true,
    cacheVolumes: /^tiered-store-level-.+$/,
    copiedConfigMaps: ["fluid-runtime-config-*"],
  }),
  row("efc", "EFCRuntime", {
    nodeService: {
      directory: "/runtime-mnt/efc-sock",
      remedy: "label the nodes fluid.io/efc-sessmgr=true, where EFC's session manager then runs",
    },
  }),
  // Gone from Fluid since 1.1; of the versions before it, its objects are Alluxio's under other names.
  row("goosefs", "GooseFSRuntime", { cacheVolumes: mediums, copiedConfigMaps: ["*-config"] }),
  row("jindo", "JindoRuntime", {
    daemonSetSuffix: "-jindofs-fuse",
    metricsTarget: true,
    cacheVolumes: /^datavolume-\d+$/,
    copiedConfigMaps: ["*-jindofs-client-config", "*-jindofs-config"],
  }),
  row("juicefs", "JuiceFSRuntime", {
    cacheVolumes: /^cache-dir(-\d+)?$/,
    copiedConfigMaps: ["*-fuse-script"],
  }),
  row("thin", "ThinRuntime", {
    labelsNodes: false,
    cacheVolumes: /^cache-dir$/,
    cacheNeedsTieredStore: true,
  }),
  row("vineyard", "VineyardRuntime", { isDirectory: true }),
];

/** The types that are known, for messages. */
export const knownTypes: string = runtimeTypes.map((known) => known.type).join(", ");

/** By the name that a Dataset's status has for it, such as "juicefs"; undefined where no client is known for it. */
export function runtimeType(type: string): RuntimeType | undefined {
  return runtimeTypes.find((known) => known.type === type);
}

function row(type: string, kind: string, differs: Partial<RuntimeType>): RuntimeType {
  return {
    type,
    kind,
    daemonSetSuffix: "-fuse",
    labelsNodes: true,
    metricsTarget: false,
    cacheNeedsTieredStore: false,
    copiedConfigMaps: [],
    mountsAtRoot: false,
    isDirectory: false,
    ...differs,
  };
}
