import { describe, expect, it } from "vitest";
import { clientNeeds } from "../../src/admission/client-needs.ts";
import { defaultConfig } from "../../src/config.ts";
import type { DatasetVolume, MissingObjects } from "../../src/types/dataset-volume.ts";
import { clientTemplateOf } from "../support/client-template-of.ts";
import { datasetVolume } from "../support/dataset-volume.ts";

function datasetWith(parts: Partial<DatasetVolume>): DatasetVolume {
  return datasetVolume("ref", { namespace: "team", ...parts });
}

const missing: MissingObjects = {
  from: "owner",
  objects: [
    { kind: "ConfigMap", name: "ca" },
    { kind: "Secret", name: "key" },
  ],
  stated: [],
};

describe("objects of a reference's client", () => {
  it("are named with what to do, first in words that survive being cut", () => {
    const [finding] = clientNeeds([datasetWith({ missing })], defaultConfig);
    expect(finding).toMatchObject({
      code: "reference-objects-missing",
      restsOn: [{ kind: "Dataset", namespace: "team", name: "ref" }],
    });
    const [words = "", command = ""] = finding?.message.split(": kubectl ") ?? [];
    expect(words.length).toBeLessThanOrEqual(200);
    expect(words).toContain(
      "Dataset team/ref needs configmap/ca, secret/key of namespace owner in team: copy",
    );
    expect(command).toContain("-n owner get configmap/ca secret/key -o json");
  });

  it("are only warned of where the configuration says so", () => {
    const references = { ...defaultConfig.references, missingObjects: "warn" } as const;
    const found = clientNeeds([datasetWith({ missing })], { ...defaultConfig, references });
    expect(found.map(({ code }) => code)).toEqual(["reference-objects-unknown"]);
  });

  it("that are there already stay in the annotation, but nothing else that somebody has written there", () => {
    const stated = ["secret/there", "$(touch x)", "secret/a;b", "pod/p", "configmap/also.there"];
    const [finding] = clientNeeds([datasetWith({ missing: { ...missing, stated } })], defaultConfig);
    expect(finding?.message).toMatch(/=secret\/there,configmap\/also\.there,configmap\/ca,secret\/key$/);
    expect(finding?.message).not.toContain("touch");
  });
});

describe("a service on the node", () => {
  const nodeService = { directory: "/run/manager", remedy: "label the nodes" };

  it.each([
    ["is warned of where the client mounts its directory", "/run/manager", ["client-needs-node-service"]],
    ["is not, where that has been replaced", "/elsewhere", []],
  ])("%s", (_, path, codes) => {
    const volumes = [{ name: "socket", hostPath: { path } }];
    const client = clientTemplateOf({}, { volumes, nodeService });
    expect(clientNeeds([datasetWith({ client })], defaultConfig).map(({ code }) => code)).toEqual(codes);
  });
});
