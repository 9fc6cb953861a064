import type { Container, Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { sizeOfInstance } from "../../src/admission/instance-size.ts";
import { parseConfig } from "../../src/config.ts";
import type { Platform } from "../../src/platforms/platform.ts";

const origins = { containers: new Map([["client", "ours"]]), volumes: new Map() };

function eci(sizing: object = {}): Platform {
  const platform = parseConfig({ platforms: { eci: { sizing } } }).platforms.byName.get("eci");
  if (platform === undefined) throw new Error("no platform eci");
  return platform;
}

function container(name: string, cpu: string, memory: string, kind = "requests"): Container {
  return { name, resources: { [kind]: { cpu, memory } } };
}

function told(containers: Container[], platform = eci(), initContainers: Container[] = []): string {
  const pod: Pod = { spec: { containers, initContainers } };
  const findings = sizeOfInstance(pod, platform, origins);
  expect(findings.map(({ code }) => code)).toEqual(["instance-size"]);
  return findings[0]?.message ?? "";
}

const app = container("app", "2", "4Gi");
const client = container("client", "250m", "512Mi");

describe("sizeOfInstance", () => {
  it("adds up all containers, the clients told apart, and rounds up to a size that is sold", () => {
    const message = told([app, client]);
    expect(message).toContain("add up to 2.25 vCPU and 4.5 GiB, the clients' 0.25 vCPU and 0.5 GiB among it");
    expect(message).toContain("at least 4 vCPU and 8 GiB");
    expect(message).toContain("__ECI_RESOURCE_IGNORE__");
  });

  it("leaves the clients out where they are kept out of the sum", () => {
    const message = told([app, client], eci({ ignoreClients: true }));
    expect(message).toContain("add up to 2 vCPU and 4 GiB, without the clients' 0.25 vCPU and 0.5 GiB");
    expect(message).toContain("at least 2 vCPU and 4 GiB");
  });

  it.each<[string, Container[], Container[], string]>([
    ["what is asked for exactly", [container("app", "2", "4Gi")], [], "2 vCPU and 4 GiB,"],
    ["the larger of request and limit", [container("app", "4", "8Gi", "limits")], [], "4 vCPU and 8 GiB,"],
    ["native sidecars", [app], [{ ...client, restartPolicy: "Always" }], "2.25 vCPU and 4.5 GiB"],
    ["no init container that ends", [app], [container("prepare", "16", "64Gi")], "2 vCPU and 4 GiB,"],
    ["containers that state nothing", [{ name: "app" }], [], "0 vCPU and 0 GiB"],
  ])("counts %s", (_name, containers, initContainers, words) => {
    expect(told(containers, eci(), initContainers)).toContain(`add up to ${words}`);
  });

  it("takes a larger instance where the memory does not fit", () => {
    expect(told([container("app", "1", "9Gi")])).toContain("at least 2 vCPU and 16 GiB");
  });

  it("says when no size is large enough", () => {
    expect(told([container("app", "65", "1Gi")])).toContain("more than the largest size");
  });

  it("says nothing where nobody sells instances", () => {
    const platform = parseConfig({}).platforms.byName.get("acs");
    if (platform === undefined) throw new Error("no platform acs");
    expect(sizeOfInstance({ spec: { containers: [app] } }, platform, origins)).toEqual([]);
  });
});
