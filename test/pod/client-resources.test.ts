import type { ResourceRequirements } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { clientResources, type ResourceSizes } from "../../src/pod/client-resources.ts";

const fallback: ResourceSizes = {
  requests: { cpu: "100m", memory: "256Mi" },
  limits: { cpu: "2", memory: "2Gi" },
};
const nothing: ResourceSizes = { requests: {}, limits: {} };

/** cpu request, cpu limit, memory request, memory limit. */
type Four = [string, string, string, string];

describe("clientResources", () => {
  it.each<[string, ResourceRequirements | undefined, ResourceSizes, Four]>([
    ["takes the default where nobody says anything", undefined, nothing, ["100m", "2", "256Mi", "2Gi"]],
    [
      "takes the template before the default",
      { requests: { cpu: "200m", memory: "1Gi" }, limits: { cpu: "4", memory: "8Gi" } },
      nothing,
      ["200m", "4", "1Gi", "8Gi"],
    ],
    [
      "takes the annotation before the template",
      { requests: { cpu: "200m" }, limits: { cpu: "4" } },
      { requests: { cpu: "1" }, limits: { memory: "512Mi" } },
      ["1", "4", "256Mi", "512Mi"],
    ],
    [
      "lowers a default request to a lower limit",
      { limits: { cpu: "50m" } },
      nothing,
      ["50m", "50m", "256Mi", "2Gi"],
    ],
    [
      "raises a default limit to a higher request",
      { requests: { memory: "4Gi" } },
      nothing,
      ["100m", "2", "4Gi", "4Gi"],
    ],
    [
      "lets the template's limit follow a higher request that is asked for",
      { limits: { memory: "1Gi" } },
      { requests: { memory: "4Gi" }, limits: {} },
      ["100m", "2", "4Gi", "4Gi"],
    ],
    [
      "lets the template's request follow a lower limit that is asked for",
      { requests: { cpu: "1" } },
      { requests: {}, limits: { cpu: "500m" } },
      ["500m", "500m", "256Mi", "2Gi"],
    ],
  ])("%s", (_, template, asked, [cpu, cpuLimit, memory, memoryLimit]) => {
    const { requests, limits } = clientResources(template, asked, fallback);
    expect({ requests, limits }).toEqual({
      requests: { cpu, memory },
      limits: { cpu: cpuLimit, memory: memoryLimit },
    });
  });

  it("keeps the template's other resources", () => {
    const template = { requests: { "ephemeral-storage": "1Gi" }, limits: { "ephemeral-storage": "2Gi" } };
    expect(clientResources(template, nothing, fallback)).toMatchObject(template);
  });
});
