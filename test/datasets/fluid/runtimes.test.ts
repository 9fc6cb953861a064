import { describe, expect, it } from "vitest";
import { resolveVolumes } from "../../../src/datasets/resolve.ts";
import { clusterOf } from "../../support/cluster-of.ts";
import { withClient } from "../../support/dataset-zoo.ts";
import { type FluidDataset, fluidDataset, objectsOf } from "../../support/fluid-dataset.ts";
import { resolveOptions } from "../../support/resolve-options.ts";

function served(set: FluidDataset) {
  const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];
  const pod = { spec: { containers: [], volumes } };
  const { datasets } = resolveVolumes(pod, "default", clusterOf(objectsOf(set)), resolveOptions);
  const [dataset] = datasets;
  if (dataset?.client === undefined) throw new Error("there is no client");
  return { ...dataset, client: dataset.client };
}

describe("the client of an EFCRuntime", () => {
  const efc = fluidDataset("data", "efc");
  const socket = { name: "efc-sock", hostPath: { path: "/runtime-mnt/efc-sock", type: "Directory" } };
  const withSocket = withClient(
    efc,
    (container) => ({
      ...container,
      volumeMounts: [...(container.volumeMounts ?? []), { name: "efc-sock", mountPath: "/var/run/efc" }],
    }),
    [socket],
  );

  it("mounts by FUSE, the kernel's or Alibaba Cloud's own", () => {
    expect(served(efc).client).toMatchObject({
      mountPath: "/efc/efc-fuse",
      fileSystems: ["fuse", "alifuse"],
    });
  });

  it("needs the session manager on its node, if it mounts its socket", () => {
    expect(served(withSocket).client.nodeService?.directory).toBe("/runtime-mnt/efc-sock");
    expect(served(efc).client).not.toHaveProperty("nodeService");
  });
});

describe("the client of a GooseFSRuntime", () => {
  it("is like Alluxio's", () => {
    const readOnly = withClient(fluidDataset("data", "goosefs"), (container) => ({
      ...container,
      args: ["fuse", "--fuse-opts=kernel_cache,ro,allow_other", "/m", "/"],
    }));
    const { client, locality } = served(readOnly);
    expect(client).toMatchObject({
      source: { name: "data-fuse" },
      mountPath: "/runtime-mnt/goosefs/default/data/goosefs-fuse",
      fileSystems: ["fuse"],
      writesBack: false,
    });
    expect(locality.nodeLabel).toBe("fluid.io/s-default-data");
  });
});

describe("the client of a CacheRuntime", () => {
  it("mounts at the root of what it shares, so that this begins one level above", () => {
    const { client } = served(fluidDataset("data", "cache"));
    expect(client).toMatchObject({
      source: { name: "data-client" },
      mountPath: "/runtime-mnt/cache/default/data/cache-fuse",
      sharedMount: { volumeName: "cache-fuse-mount", mountPath: "/runtime-mnt/cache/default/data" },
      fileSystems: ["fuse"],
    });
  });
});

describe("the client of a VineyardRuntime", () => {
  it("mounts nothing: its dataset is a directory of the volume that it shares", () => {
    const { client, subPath } = served(fluidDataset("data", "vineyard"));
    expect(client).toMatchObject({
      mountPath: "/runtime-mnt/vineyard/default/data",
      directory: "vineyard-fuse",
      fileSystems: ["tmpfs"],
    });
    expect(subPath).toBe("vineyard-fuse");
  });
});
