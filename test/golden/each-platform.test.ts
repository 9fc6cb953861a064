import { rmSync } from "node:fs";
import type { Pod } from "kubernetes-types/core/v1";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster-view.ts";
import { openManifestCluster } from "../../src/cluster/manifest-cluster.ts";
import { builtInPlatforms } from "../../src/platforms/catalog.ts";
import { decidePod } from "../support/decide-pod.ts";
import { caseNames, readCase, writeCluster } from "./golden-case.ts";
import { podIn } from "./pod-place.ts";

const shapes = ["one", "two", "init", "job"];
const closed = builtInPlatforms.filter(({ mount }) => mount.by === "nothing").map(({ name }) => name);
const virtual = builtInPlatforms.map(({ name }) => name).filter((name) => name !== "kubernetes");

describe("each platform has its golden cases", () => {
  const names = new Set(caseNames());
  it.each(virtual)("%s", (name) => {
    const wanted = closed.includes(name) ? [""] : shapes.map((shape) => `-${shape}`);
    expect(wanted.filter((shape) => !names.has(`platform-${name}${shape}`))).toEqual([]);
  });
});

// Of these one golden case each is written out, for all are refused alike.
describe("where no client can share its mount every pod with a dataset is refused with the reason", () => {
  let cluster: Cluster;
  let folder: string;
  beforeAll(async () => {
    folder = writeCluster("platform-eci-one");
    cluster = await openManifestCluster(folder, { follow: false });
  });
  afterAll(async () => {
    await cluster.close();
    rmSync(folder, { recursive: true });
  });

  it.each(closed.flatMap((name) => shapes.map((shape) => [name, shape] as const)))(
    "%s, %s",
    (name, shape) => {
      const { pod, namespace = "" } = podIn(readCase(`platform-eci-${shape}`).object);
      const { spec, metadata } = pod as Pod;
      const annotations = { "sluice.io/platform": name };
      const decision = decidePod(
        { spec, metadata: { ...metadata, annotations, labels: {} } },
        cluster.view,
        {},
        { namespace },
      );
      expect([decision.verdict, decision.findings[0]?.code]).toEqual(["rejected", "no-shared-mounts"]);
      expect(decision.findings[0]?.message).toContain(
        `platform ${name} shows no client's mount to the app: use `,
      );
    },
  );
});
