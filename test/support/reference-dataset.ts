import { type FluidDataset, fluidDataset } from "./fluid-dataset.ts";

/** A dataset that refers to (a part of) another one, with the objects that Fluid's controllers make for it. */
export function referenceTo(
  physical: FluidDataset,
  name: string,
  namespace: string,
  subPath = "",
): FluidDataset {
  const own = fluidDataset(name, "thin", namespace);
  const { csi } = physical.persistentVolume;
  const { dataset } = physical;
  const attributes = { ...csi?.attributes, ...(subPath === "" ? {} : { fluid_sub_path: subPath }) };
  const target = [dataset.namespace, dataset.name, subPath].filter(Boolean).join("/");
  return {
    ...own,
    persistentVolume: { ...own.persistentVolume, csi: { driver: "fuse.csi.fluid.io", attributes } },
    dataset: { ...own.dataset, mountPoints: [`dataset://${target}`] },
    daemonSet: { ...physical.daemonSet, namespace, name: `${name}-fuse` },
  };
}

/** The dataset with annotations of ours. */
export function annotated(set: FluidDataset, annotations: Readonly<Record<string, string>>): FluidDataset {
  return { ...set, dataset: { ...set.dataset, annotations } };
}
