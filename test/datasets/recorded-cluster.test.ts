import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { ClusterView } from "../../src/cluster/cluster-view.ts";
import {
  projectClaim,
  projectClientDaemonSet,
  projectDataset,
  projectPersistentVolume,
  projectRuntime,
} from "../../src/cluster/projections.ts";
import { fieldAt, isRawObject, objectsAt, textAt } from "../../src/cluster/raw-fields.ts";
import { type ResolvedVolume, resolveVolumes } from "../../src/datasets/resolve.ts";
import { clusterOf } from "../support/cluster-of.ts";
import { resolveOptions } from "../support/resolve-options.ts";

/** Objects of a real cluster, as Fluid's controllers made them; not part of this repository. */
const folder = new URL("../../../shared/cases/fluid/cluster/", import.meta.url);

function recordedCluster(): ClusterView {
  const objects = readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .flatMap((file) => parseAllDocuments(readFileSync(new URL(file, folder), "utf8")))
    .map((document): unknown => document.toJS())
    .flatMap((value) => (Array.isArray(fieldAt(value, "items")) ? objectsAt(value, "items") : [value]))
    .filter(isRawObject);
  const of = (wanted: (kind: string) => boolean) =>
    objects
      .filter((raw) => wanted(textAt(raw, "kind") ?? ""))
      .map((raw) => {
        const namespace = textAt(raw, "metadata", "namespace") ?? "";
        return {
          raw,
          kind: textAt(raw, "kind") ?? "",
          place: { namespace, name: textAt(raw, "metadata", "name") ?? "" },
        };
      });
  return clusterOf({
    claims: of((kind) => kind === "PersistentVolumeClaim").map(({ raw, place }) => projectClaim(raw, place)),
    persistentVolumes: of((kind) => kind === "PersistentVolume").map(({ raw, place }) =>
      projectPersistentVolume(raw, place),
    ),
    datasets: of((kind) => kind === "Dataset").map(({ raw, place }) => projectDataset(raw, place)),
    runtimes: of((kind) => kind.endsWith("Runtime")).map(({ raw, kind, place }) =>
      projectRuntime(raw, kind, place),
    ),
    clientDaemonSets: of((kind) => kind === "DaemonSet").map(({ raw, place }) =>
      projectClientDaemonSet(raw, place),
    ),
  });
}

describe.skipIf(!existsSync(folder))("the recorded cluster (skipped where ../shared/cases is absent)", () => {
  const cluster = existsSync(folder) ? recordedCluster() : clusterOf({});

  function resolve(namespace: string, clients: boolean, ...claims: string[]) {
    const volumes = claims.map((claimName, i) => ({ name: `v${i}`, persistentVolumeClaim: { claimName } }));
    return resolveVolumes({ spec: { containers: [], volumes } }, namespace, cluster, {
      ...resolveOptions,
      clients,
    });
  }

  function datasetOf(volume: ResolvedVolume | undefined) {
    if (volume?.kind !== "dataset") throw new Error(`no dataset: ${JSON.stringify(volume)}`);
    return volume.dataset;
  }

  const long = "imagenet-2012-train-shards-tfrecord-recompressed-v000";

  it.each([
    [
      "default",
      "alluxiodemo",
      "/runtime-mnt/alluxio/default/alluxiodemo/alluxio-fuse",
      ["fuse"],
      "fluid.io/s-default-alluxiodemo",
      ["alluxio-fuse-device"],
    ],
    [
      "default",
      "alluxiofull",
      "/runtime-mnt/alluxio/default/alluxiofull/alluxio-fuse",
      ["fuse"],
      "fluid.io/s-default-alluxiofull",
      ["alluxio-fuse-device", "extra"],
    ],
    [
      "default",
      "jfsdemo",
      "/runtime-mnt/juicefs/default/jfsdemo/juicefs-fuse",
      ["fuse"],
      "fluid.io/s-default-jfsdemo",
      ["script"],
    ],
    [
      "default",
      "jfsfull",
      "/runtime-mnt/juicefs/default/jfsfull/juicefs-fuse",
      ["fuse"],
      "fluid.io/s-default-jfsfull",
      ["script", "extra-cm", "extra-secret", "scratch"],
    ],
    [
      "default",
      "jindodemo",
      "/jfs/jindofs-fuse",
      ["fuse"],
      "fluid.io/s-default-jindodemo",
      ["jindofs-fuse-device", "jindofs-secret-token", "bigboot-config"],
    ],
    [
      "default",
      "thindemo",
      "/runtime-mnt/thin/default/thindemo/thin-fuse",
      ["fuse"],
      undefined,
      ["thin-conf", "spool", "thin-fuseconfig-s3-secret"],
    ],
    [
      "default",
      "thinnfs",
      "/runtime-mnt/thin/default/thinnfs/thin-fuse",
      ["nfs", "nfs4"],
      undefined,
      ["thin-conf"],
    ],
    [
      "ref",
      "refdemo",
      "/runtime-mnt/juicefs/default/jfsdemo/juicefs-fuse",
      ["fuse"],
      "fluid.io/s-default-jfsdemo",
      ["script"],
    ],
    [
      "ref",
      "refjindo",
      "/jfs/jindofs-fuse",
      ["fuse"],
      "fluid.io/s-default-jindodemo",
      ["jindofs-fuse-device", "jindofs-secret-token", "bigboot-config"],
    ],
    [
      "ref",
      "refthin",
      "/runtime-mnt/thin/default/thindemo/thin-fuse",
      ["fuse"],
      undefined,
      ["thin-conf", "spool", "thin-fuseconfig-s3-secret"],
    ],
    [
      "ml-platform-training",
      long,
      `/runtime-mnt/juicefs/ml-platform-training/${long}/juicefs-fuse`,
      ["fuse"],
      "fluid.io/s-064e6492-35d4-48c6-ae51-b8eece2ad486",
      ["script"],
    ],
  ])("finds the client of %s/%s", (namespace, claim, mountPath, fileSystems, nodeLabel, volumes) => {
    const dataset = datasetOf(resolve(namespace, true, claim).volumes[0]);
    expect(dataset.client?.mountPath).toBe(mountPath);
    expect(dataset.client?.fileSystems).toEqual(fileSystems);
    expect(dataset.client?.volumes.map((volume) => volume.name)).toEqual(volumes);
    expect(dataset.locality.nodeLabel).toBe(nodeLabel);
    expect(dataset.locality.withoutNodeLabel === undefined).toBe(nodeLabel !== undefined);
  });

  it("takes the sub path of a reference dataset", () => {
    expect(datasetOf(resolve("ref", true, "refsub").volumes[0]).subPath).toBe("models/v1");
  });

  it("shares one client between the two claims of a Dataset", () => {
    const { datasets } = resolve("default", true, "nestthin", "jfsinner");
    expect(datasets.map((d) => [d.claim.name, d.dataset.name, d.sharesClientOf])).toEqual([
      ["jfsinner", "nestthin", undefined],
      ["nestthin", "nestthin", "jfsinner"],
    ]);
    expect(datasets[0]?.client).toBe(datasets[1]?.client);
  });

  it("keeps metrics ports only where sidecars are scraped", () => {
    const ports = (claim: string) =>
      datasetOf(resolve("default", true, claim).volumes[0]).client?.container.ports;
    expect(ports("jindometrics")).toEqual([{ containerPort: 10001, name: "jindo-metrics", protocol: "TCP" }]);
    expect(ports("thindemo")).toEqual([]);
  });

  it.each([
    ["alien", true, "runtime-not-supported", "runtime type goose"],
    ["jfsnods", true, "client-not-found", "DaemonSet jfsnods-fuse does not exist"],
    ["absent", true, "claim-not-found", "claim default/absent does not exist"],
    ["alien", false, "runtime-not-supported", "runtime type goose"],
  ])("refuses %s (clients: %s) as %s", (claim, clients, code, words) => {
    const volume = resolve("default", clients, claim).volumes[0];
    expect(volume).toMatchObject({
      kind: "problem",
      finding: { code, message: expect.stringContaining(words) },
    });
  });

  it("needs no client for the CSI driver", () => {
    const dataset = datasetOf(resolve("default", false, "efcdemo").volumes[0]);
    expect(dataset.locality.nodeLabel).toBe("fluid.io/s-default-efcdemo");
    expect(dataset.client).toBeUndefined();
  });
});
