import { describe, expect, it } from "vitest";
import type { Dataset } from "../../../src/cluster/cluster-view.ts";
import { cacheLocality } from "../../../src/datasets/fluid/cache-locality.ts";
import { runtimeType } from "../../../src/datasets/fluid/runtimes.ts";
import { clusterOf } from "../../support/cluster-of.ts";
import { type FluidType, fluidDataset } from "../../support/fluid-dataset.ts";

const withoutUid = ({ uid: _, ...rest }: Dataset): Dataset => rest;

function localityOf(type: FluidType, dataset: Partial<Dataset> = {}, others: Dataset[] = [], runtime = {}) {
  const set = fluidDataset("data", type);
  const known = runtimeType(type);
  if (!known) throw new Error(`no type ${type}`);
  const found = {
    claim: set.claim,
    dataset: { ...set.dataset, ...dataset },
    type: known,
    runtime: { ...set.runtime, ...runtime },
  };
  return cacheLocality(found, clusterOf({ datasets: others }));
}

describe("where a dataset's cache is", () => {
  it.each<FluidType>(["alluxio", "jindo", "juicefs"])("is labelled for %s", (type) => {
    expect(localityOf(type)).toEqual({
      nodeLabel: "fluid.io/s-default-data",
      clientNodeLabel: "fluid.io/f-default-data",
      workerRequirements: [],
    });
  });

  it("is not labelled for thin", () => {
    expect(localityOf("thin")).toEqual({
      withoutNodeLabel: "runtimes of type thin label no nodes",
      clientNodeLabel: "fluid.io/f-default-data",
      workerRequirements: [],
    });
  });

  it("tells how much of the dataset is cached, where that is known", () => {
    expect(localityOf("juicefs", { cachedPart: 0.25 }).cachedPart).toBe(0.25);
    expect(localityOf("juicefs")).not.toHaveProperty("cachedPart");
  });

  it("keeps the order of the workers' requirements", () => {
    const workerRequirements = [
      { key: "zone", operator: "In", values: ["a"] },
      { key: "disk", operator: "Exists" },
    ];
    expect(localityOf("juicefs", {}, [], { workerRequirements }).workerRequirements).toEqual(
      workerRequirements,
    );
  });
});

describe("a long name", () => {
  // "fluid.io/s-default-" has 19 characters.
  it.each([
    [43, "fluid.io/s-default-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],
    [44, "fluid.io/s-uid-1"],
    [200, "fluid.io/s-uid-1"],
  ])("of %i characters", (length, nodeLabel) => {
    expect(localityOf("juicefs", { name: "x".repeat(length), uid: "uid-1" })).toMatchObject({
      nodeLabel,
      clientNodeLabel: nodeLabel.replace("/s-", "/f-"),
    });
  });

  it("without a UID gives no label, and says so", () => {
    const set = fluidDataset("x".repeat(44));
    const found = { ...set, type: runtimeType("juicefs") };
    if (!found.type) throw new Error("no type");
    expect(
      cacheLocality({ ...found, type: found.type, dataset: withoutUid(set.dataset) }, clusterOf({})),
    ).toEqual({
      withoutNodeLabel: "the dataset's name is too long for a label, and its UID is not known",
      workerRequirements: [],
    });
  });
});

describe("a reference dataset", () => {
  const mountPoints = ["dataset://base/physical/sub/path"];
  const physical = (type: FluidType, name = "physical") => fluidDataset(name, type, "base").dataset;

  it("has the labels of the dataset it refers to", () => {
    expect(localityOf("thin", { mountPoints }, [physical("alluxio")])).toMatchObject({
      nodeLabel: "fluid.io/s-base-physical",
      clientNodeLabel: "fluid.io/f-base-physical",
    });
  });

  it("is cached as far as that one is", () => {
    const other = { ...physical("alluxio"), cachedPart: 0.75 };
    expect(localityOf("thin", { mountPoints, cachedPart: 0.1 }, [other]).cachedPart).toBe(0.75);
    expect(localityOf("thin", { mountPoints, cachedPart: 0.1 }).cachedPart).toBe(0.1);
  });

  it("has them even where that one cannot be seen", () => {
    expect(localityOf("thin", { mountPoints }).nodeLabel).toBe("fluid.io/s-base-physical");
  });

  it("has none of a thin one", () => {
    expect(localityOf("thin", { mountPoints }, [physical("thin")])).toMatchObject({
      withoutNodeLabel: "runtimes of type thin label no nodes",
    });
  });

  it("takes the other's UID for a long name, and none where it is not known", () => {
    const name = "x".repeat(60);
    const long = { mountPoints: [`dataset://base/${name}`] };
    expect(localityOf("thin", long, [physical("juicefs", name)]).nodeLabel).toBe(
      `fluid.io/s-dataset-${name}`,
    );
    expect(localityOf("thin", long).withoutNodeLabel).toContain("too long");
  });

  it.each([[["dataset://"]], [["dataset:///x"]], [["dataset://base"]], [[...mountPoints, "s3://x"]], [[]]])(
    "is none with mounts %j",
    (mounts) => {
      expect(localityOf("thin", { mountPoints: mounts }).withoutNodeLabel).toContain("thin");
    },
  );
});
