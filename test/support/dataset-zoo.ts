import type { Container, Volume } from "kubernetes-types/core/v1";
import { type FluidDataset, type FluidType, fluidDataset } from "./fluid-dataset.ts";

/** A dataset whose claim and volume grant writing, too. */
export function writableDataset(name: string, type: FluidType = "juicefs"): FluidDataset {
  const made = fluidDataset(name, type);
  return {
    ...made,
    claim: { ...made.claim, accessModes: ["ReadWriteMany"] },
    persistentVolume: { ...made.persistentVolume, accessModes: ["ReadWriteMany"] },
  };
}

/** The dataset with other parts in its client's container, and more volumes in its client's pod. */
export function withClient(
  dataset: FluidDataset,
  change: (container: Container) => Container,
  volumes: readonly Volume[] = [],
): FluidDataset {
  const { template } = dataset.daemonSet;
  return {
    ...dataset,
    daemonSet: {
      ...dataset.daemonSet,
      template: {
        ...template,
        containers: template.containers.map(change),
        volumes: [...template.volumes, ...volumes],
      },
    },
  };
}

/** A client that runs by its image's own entrypoint. */
export function bareDataset(name: string): FluidDataset {
  return withClient(writableDataset(name), ({ command: _, ...rest }) => rest);
}

/** A dataset whose client reads the dataset behind `claim`. */
export function nestedDataset(name: string, claim: string): FluidDataset {
  return withClient(
    fluidDataset(name, "thin"),
    (container) => ({
      ...container,
      volumeMounts: [...(container.volumeMounts ?? []), { name: "source", mountPath: "/source" }],
    }),
    [{ name: "source", persistentVolumeClaim: { claimName: claim } }],
  );
}

/** A CacheRuntime's dataset, whose client is configured by an init container. */
export function preparedDataset(name: string): FluidDataset {
  const config = { name: "config", mountPath: "/config" };
  const made = withClient(
    fluidDataset(name, "cache"),
    (container) => ({ ...container, volumeMounts: [...(container.volumeMounts ?? []), config] }),
    [{ name: "config", emptyDir: {} }],
  );
  const initContainers = [{ name: "render", image: "registry.example/cache:1", volumeMounts: [config] }];
  const { daemonSet } = made;
  return { ...made, daemonSet: { ...daemonSet, template: { ...daemonSet.template, initContainers } } };
}

/** A dataset that begins at a sub path of its client's mount. */
export function subPathDataset(name: string, subPath: string): FluidDataset {
  const made = writableDataset(name);
  const { csi } = made.persistentVolume;
  const attributes = { ...csi?.attributes, fluid_sub_path: subPath };
  return {
    ...made,
    persistentVolume: { ...made.persistentVolume, csi: { driver: "fuse.csi.fluid.io", attributes } },
  };
}

/** A further claim of a Dataset, which grants reading only. */
export function furtherClaim(name: string, dataset: FluidDataset): FluidDataset["claim"] {
  return {
    ...dataset.claim,
    name,
    uid: `claim-${name}`,
    labels: { "fluid.io/managed-by": dataset.dataset.name },
    volumeName: `default-${name}`,
    accessModes: ["ReadOnlyMany"],
  };
}
