import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openManifestCluster } from "../../src/cluster/manifest-cluster.ts";
import { manyDatasetsPlace, writeManyDatasets } from "../support/many-datasets.ts";

const folder = mkdtempSync(join(tmpdir(), "many-datasets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a folder of many datasets", () => {
  it("is read whole, with objects that belong together, and blocks nobody for long", async () => {
    const count = 500;
    const files = await writeManyDatasets(folder, count, { objectsPerFile: 700 });
    expect(files).toHaveLength(Math.ceil((count * 6) / 700));
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const cluster = await openManifestCluster(folder, { follow: false });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    const each = {
      DaemonSet: count,
      Dataset: count,
      JuiceFSRuntime: count,
      PersistentVolume: count,
      PersistentVolumeClaim: count,
    };
    expect(cluster.contents).toMatchObject({ objects: each, ignored: { ConfigMap: count }, problems: [] });
    const { namespace, name } = manyDatasetsPlace(count - 1);
    const claim = cluster.view.claim(namespace, name);
    const volume = cluster.view.persistentVolume(claim?.volumeName ?? "");
    expect(volume?.claimRef).toEqual({ namespace, name, uid: claim?.uid });
    expect(volume?.csi?.attributes?.["fluid_path"]).toBe(
      `/runtime-mnt/juicefs/${namespace}/${name}/juicefs-fuse`,
    );
    expect(cluster.view.dataset(namespace, name)).toMatchObject({
      phase: "Bound",
      runtimes: [{ name, namespace, type: "juicefs" }],
    });
    expect(cluster.view.runtime("JuiceFSRuntime", namespace, name)?.workerRequirements).toHaveLength(1);
    const template = cluster.view.clientDaemonSet(namespace, `${name}-fuse`)?.template;
    const other = cluster.view.clientDaemonSet(manyDatasetsPlace(0).namespace, "dataset-0-fuse")?.template;
    expect(template?.containers[0]?.env).toContainEqual({ name: "FLUID_RUNTIME_NAME", value: name });
    // The parts that are the same for all are kept once.
    expect(template?.containers[0]?.resources).toBe(other?.containers[0]?.resources);
    await cluster.close();
  });
});

const recorded = "../shared/cases/fluid/cluster";

describe.skipIf(!existsSync(recorded))(`a real cluster (skipped where ${recorded} is absent)`, () => {
  it("is read without a problem", async () => {
    const cluster = await openManifestCluster(recorded, { follow: false });
    expect(cluster.contents.problems.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(cluster.contents.objects).toMatchObject({ EFCRuntime: 1, Node: 4, Namespace: 6 });
    expect(cluster.contents.ignored).toMatchObject({ ConfigMap: 37, "ThinRuntimeProfile.data.fluid.io": 2 });
    expect(cluster.view.claim("default", "jfsdemo")?.volumeName).toBe("default-jfsdemo");
    expect(cluster.view.nodesLabelled("fluid.io/s-default-jfsdemo")).toBe(1);
    expect(cluster.view.nodesWithoutNativeSidecars()).toEqual([]);
    await cluster.close();
  });
});
