import type { Container, Pod } from "kubernetes-types/core/v1";
import { decide } from "../../src/admission/decide.ts";
import type { Decision } from "../../src/admission/decision.ts";
import { projectJuicefsConfig, projectJuicefsSecret } from "../../src/cluster/juicefs-projections.ts";
import { projectClaim, projectPersistentVolume } from "../../src/cluster/projections.ts";
import { type Config, parseConfig } from "../../src/config.ts";
import { clusterOf } from "./cluster-of.ts";

const secretPlace = { namespace: "storage", name: "fs" };
const configPlace = { namespace: "kube-system", name: "juicefs-csi-driver-config" };

export const onVci = { annotations: { "vke.volcengine.com/burst-to-vci": "enforce" } };
export const onCci = { labels: { "virtual-kubelet.io/burst-to-cci": "enforce" } };

/** What is not as with a plain volume of the community edition in a pod of namespace "lab". */
export interface JuicefsWorld {
  /** A claim, and a volume under it, for each. */
  readonly volumes?: readonly {
    readonly claim?: string;
    readonly attributes?: Readonly<Record<string, string>>;
    readonly handle?: string;
    readonly mountOptions?: readonly string[];
    readonly storage?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly storageClassName?: string;
  }[];
  /** The Secret of all volumes. */
  readonly secret?: Readonly<Record<string, string>>;
  /** The driver's configuration file. */
  readonly config?: string | undefined;
  readonly namespaceLabels?: Readonly<Record<string, string>>;
  readonly metadata?: Pod["metadata"];
  readonly spec?: Partial<Pod["spec"]>;
  readonly dryRun?: boolean;
  readonly settings?: Parameters<typeof parseConfig>[0];
}

export const corpfs = { name: "corpfs", metaurl: "redis://:pa55word@redis/1", "secret-key": "s3cret" };

/** Decides about a pod whose container "app" mounts each claim at "/<claim>". */
export function decideJuicefs(world: JuicefsWorld = {}): Decision {
  const { volumes = [{}], namespaceLabels = { "juicefs.com/enable-serverless-injection": "true" } } = world;
  const claims = volumes.map(({ claim }, index) => ({ namespace: "lab", name: claim ?? `c${index}` }));
  const cluster = clusterOf({
    namespaces: [{ name: "lab", labels: namespaceLabels, annotations: {} }],
    claims: volumes.map(({ storage, labels, storageClassName }, index) => {
      const spec = { accessModes: ["ReadWriteMany"], volumeName: `pv${index}` };
      const resources = { requests: { storage: storage ?? "10Gi" } };
      return projectClaim(
        { metadata: { uid: `u${index}`, labels }, spec: { ...spec, storageClassName, resources } },
        claims[index] ?? { namespace: "lab", name: "" },
      );
    }),
    persistentVolumes: volumes.map(({ attributes: volumeAttributes, handle, mountOptions }, index) => {
      const csi = { driver: "csi.juicefs.com", nodePublishSecretRef: secretPlace, volumeAttributes };
      return projectPersistentVolume(
        {
          spec: {
            accessModes: ["ReadWriteMany"],
            claimRef: { ...claims[index], uid: `u${index}` },
            csi: { ...csi, volumeHandle: handle ?? `handle-${index}` },
            mountOptions,
          },
        },
        { namespace: "", name: `pv${index}` },
      );
    }),
    juicefsSecrets: [projectJuicefsSecret({ stringData: world.secret ?? corpfs }, secretPlace)],
    ...(world.config === undefined
      ? {}
      : { juicefsConfig: projectJuicefsConfig({ data: { "config.yaml": world.config } }, configPlace) }),
  });
  const { containers, initContainers, volumes: own = [], ...spec } = world.spec ?? {};
  const volumeMounts = claims.map(({ name }, index) => ({ name: `v${index}`, mountPath: `/${name}` }));
  const object: Pod = {
    metadata: { name: "p", ...world.metadata },
    spec: {
      containers: [{ name: "app", volumeMounts }, ...(containers ?? [])],
      ...(initContainers === undefined ? {} : { initContainers }),
      volumes: [
        ...claims.map(({ name }, index) => ({
          name: `v${index}`,
          persistentVolumeClaim: { claimName: name },
        })),
        ...own,
      ],
      ...spec,
    },
  };
  const request = { uid: "u", operation: "CREATE", kind: "/v1/Pod", resource: "/v1/pods", subResource: "" };
  const config: Config = parseConfig(world.settings ?? {});
  return decide({ ...request, namespace: "lab", dryRun: world.dryRun ?? false, object }, cluster, config);
}

export function allContainers({ pod }: Decision): Container[] {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
}

/** The first client in the pod. */
export function clientIn(decision: Decision): Container {
  const found = allContainers(decision).find(({ command }) => command?.[3] === "sluice-supervisor");
  if (found === undefined)
    throw new Error(`no client: ${decision.findings.map(({ message }) => message).join("; ")}`);
  return found;
}

/** The words of the client's own command, as they stand in its container. */
export function wordsOf(decision: Decision): readonly string[] {
  return clientIn(decision).command ?? [];
}
