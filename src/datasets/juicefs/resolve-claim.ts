import type { Container } from "kubernetes-types/core/v1";
import type { Claim, ClusterView } from "../../cluster/cluster-view.ts";
import type { ClientTemplate, DatasetVolume } from "../../types/dataset-volume.ts";
import { Problem, type Trail } from "../problem.ts";
import { clientCommand } from "./client-command.ts";
import { type ClientSettings, clientSettings, readSettings } from "./client-settings.ts";
import { type FoundVolume, findVolume } from "./find-volume.ts";
import type { JuicefsQuestion } from "./juicefs-options.ts";
import { MetricsPorts } from "./metrics-ports.ts";
import { writesBackBy } from "./mount-options.ts";

/** Resolves the claims of one pod that are served by the JuiceFS CSI driver. */
export class JuicefsClaims {
  readonly #cluster: ClusterView;
  readonly #question: JuicefsQuestion;
  #ports: MetricsPorts | undefined;

  constructor(cluster: ClusterView, question: JuicefsQuestion) {
    this.#cluster = cluster;
    this.#question = question;
  }

  /** The claim's dataset, what is wrong with it, or undefined where it is none of JuiceFS. `client`: one is wanted. */
  resolve(claim: Claim, trail: Trail, client: boolean): DatasetVolume | Problem | undefined {
    const found = findVolume(claim, trail, this.#cluster, this.#question);
    if (found === undefined || found instanceof Problem) return found;
    const settings = readSettings(this.#cluster, this.#question, trail);
    if (settings instanceof Problem) return settings;
    const ofClient = clientSettings(found, settings, this.#cluster, this.#question, trail);
    if (ofClient instanceof Problem) return ofClient;
    const { nativeSidecars } = settings;
    return {
      claim: { namespace: claim.namespace, name: claim.name },
      family: "juicefs",
      dataset: { namespace: claim.namespace, name: claim.name },
      runtime: "juicefs",
      subPath: "",
      readOnly: ofClient.readOnly || grantsReadingOnly(claim.accessModes),
      oncePerCluster: claim.accessModes.includes("ReadWriteOncePod"),
      locality: { withoutNodeLabel: "clients of JuiceFS label no nodes", workerRequirements: [] },
      clientNodeSelector: {},
      ...(nativeSidecars === undefined ? {} : { sidecar: nativeSidecars ? "native" : "classic" }),
      ...(client ? { client: this.#template(found, ofClient) } : {}),
      ...podMarks(found, ofClient),
      ...(claim.unheededAnnotations === undefined ? {} : { unheededAnnotations: claim.unheededAnnotations }),
    };
  }

  #template(found: FoundVolume, settings: ClientSettings): ClientTemplate {
    const { patch, cache } = settings;
    const community = found.facts.edition === "ce";
    this.#ports ??= new MetricsPorts(this.#question.pod);
    const metrics = community ? this.#ports.next(settings.metrics, patch.hostNetwork === true) : undefined;
    const command = clientCommand(found, settings, metrics?.address, this.#question);
    const hostPaths = settings.hostPaths.map((path, index) => ({ name: `hostpath-${index}`, path }));
    const container: Container = {
      name: "jfs-mount",
      image: settings.image,
      ...(patch.imagePullPolicy ? { imagePullPolicy: patch.imagePullPolicy } : {}),
      command: [...command.command],
      env: [
        { name: "JFS_INSIDE_CONTAINER", value: "1" },
        ...command.env,
        ...(patch.env ?? []).filter(({ name }) => !command.env.some((variable) => variable.name === name)),
        { name: "JFS_FOREGROUND", value: "1" },
      ],
      ...(metrics?.port === undefined ? {} : { ports: [{ name: "metrics", containerPort: metrics.port }] }),
      resources: { requests: { ...settings.sizes.requests }, limits: { ...settings.sizes.limits } },
      ...(patch.livenessProbe === undefined ? {} : { livenessProbe: patch.livenessProbe }),
      ...(patch.readinessProbe === undefined ? {} : { readinessProbe: patch.readinessProbe }),
      ...(patch.startupProbe === undefined ? {} : { startupProbe: patch.startupProbe }),
      ...(patch.lifecycle?.preStop === undefined ? {} : { lifecycle: { preStop: patch.lifecycle.preStop } }),
      volumeMounts: [
        { name: sharedVolume, mountPath: sharedPath, mountPropagation: "Bidirectional" },
        ...command.mounts,
        ...cache.mounts,
        ...hostPaths.map(({ name, path }) => ({ name, mountPath: path })),
        ...(patch.volumeMounts ?? []),
      ],
      ...(patch.volumeDevices?.length ? { volumeDevices: [...patch.volumeDevices] } : {}),
    };
    return {
      source: { kind: "PersistentVolume", name: found.volume.name },
      container,
      volumes: [
        ...command.volumes,
        ...cache.volumes,
        ...hostPaths.map(({ name, path }) => ({ name, hostPath: { path } })),
        ...(patch.volumes ?? []),
      ],
      imagePullSecrets: [],
      sharedMount: { volumeName: sharedVolume, mountPath: sharedPath },
      mountPath: settings.mountPath,
      fileSystems: ["fuse"],
      writesBack: !settings.readOnly && writesBackBy(settings.options),
      dropped: [
        ...settings.dropped,
        ...(patch.lifecycle?.postStart === undefined ? [] : ["its hook postStart of the configuration file"]),
      ],
      scrapesMetrics: false,
      keepsProbes: true,
    };
  }
}

/** What the driver's own clients share their mounts by; it is left out of the pod, as with Fluid's clients. */
const sharedVolume = "jfs-dir";
const sharedPath = "/jfs";

function grantsReadingOnly(accessModes: readonly string[]): boolean {
  return accessModes.length > 0 && accessModes.every((mode) => mode === "ReadOnlyMany");
}

/** Labels and annotations that the driver puts on mount pods: here the pod is the client's. */
function podMarks(
  { volume, csi, facts }: FoundVolume,
  { patch }: ClientSettings,
): Pick<DatasetVolume, "podLabels" | "podAnnotations" | "vendorAnnotations"> {
  const { labels = csi.marks?.labels, annotations = csi.marks?.annotations } = patch;
  return {
    ...(labels === undefined ? {} : { podLabels: labels }),
    ...(annotations === undefined ? {} : { podAnnotations: annotations }),
    vendorAnnotations: {
      "juicefs-uuid": facts.fileSystem,
      "juicefs-uniqueid": csi.handle ?? volume.name,
    },
  };
}
