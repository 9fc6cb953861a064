import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { builtInPlatforms, catalogOf } from "../../src/platforms/catalog.ts";
import {
  refuseOfPlatform,
  warnOfDriver,
  warnOfPlatform,
  warnOfTolerations,
} from "../../src/platforms/judge-platform.ts";
import type { Platform } from "../../src/platforms/platform.ts";

const catalog = catalogOf(builtInPlatforms);

function platformOf(name: string): Platform {
  const platform = catalog.byName.get(name);
  if (platform === undefined) throw new Error(`no platform ${name}`);
  return platform;
}

function codes(findings: readonly { readonly code: string }[]): string[] {
  return findings.map(({ code }) => code);
}

describe("warnOfPlatform", () => {
  it.each(builtInPlatforms)("tells once of all that is not confirmed of $name, and why", (platform) => {
    const findings = warnOfPlatform({ platform, why: "" }, {});
    const notes = Object.keys(platform.unconfirmed);
    const place = platform.placement === undefined ? [] : ["platform-layout"];
    expect(codes(findings)).toEqual(
      notes.length === 0 ? place : ["platform-unconfirmed", ...notes.map(() => "platform-note"), ...place],
    );
    if (notes.length > 0) for (const note of notes) expect(findings[0]?.message).toContain(note);
  });

  it.each<[string, NonNullable<Pod["spec"]>, string]>([
    ["a nodeSelector", { containers: [], nodeSelector: { pool: "gpu" } }, "nodeSelector pool=gpu"],
    [
      "required affinity",
      {
        containers: [],
        affinity: {
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
        },
      },
      "required node affinity",
    ],
  ])("tells that ECI ignores %s, and what it heeds instead", (_name, spec, words) => {
    const findings = warnOfPlatform({ platform: platformOf("eci"), why: "" }, { spec });
    const ignored = findings.find(({ code }) => code === "node-selector-ignored");
    expect(ignored?.message).toContain(words);
    expect(findings.at(-1)?.message).toContain("eci-vswitch");
    expect(warnOfPlatform({ platform: platformOf("kubernetes"), why: "" }, { spec })).toEqual([]);
  });
});

describe("the nodes that a pod for ECI selects", () => {
  it.each([
    { "kubernetes.io/os": "linux" },
    { "kubernetes.io/arch": "amd64" },
    { type: "virtual-kubelet" },
    { "k8s.aliyun.com/vnode": "true" },
  ])("are no cause for a warning where they say nothing against it: %j", (nodeSelector) => {
    const spec = { containers: [], nodeSelector };
    const findings = warnOfPlatform({ platform: platformOf("eci"), why: "" }, { spec });
    expect(codes(findings)).not.toContain("node-selector-ignored");
  });
});

describe("warnOfDriver", () => {
  it.each([
    ["eci", ["no-csi-driver"]],
    ["virtual-node", ["no-csi-driver"]],
    ["kubernetes", []],
    ["gke-autopilot", []],
  ])("warns where no DaemonSet could run a driver: %s %j", (name, expected) => {
    expect(codes(warnOfDriver({ platform: platformOf(name), why: "" }))).toEqual(expected);
  });
});

describe("warnOfTolerations", () => {
  const pod: Pod = { spec: { containers: [], tolerations: [{ key: "k8s.aliyun.com/vnode" }] } };

  it("warns of a pod for ordinary nodes that tolerates virtual ones", () => {
    const [finding] = warnOfTolerations(pod, { platform: platformOf("kubernetes"), why: "" }, catalog);
    expect(finding?.code).toBe("may-run-elsewhere");
    expect(finding?.message).toContain("k8s.aliyun.com/vnode");
    expect(finding?.message).toContain("eci");
  });

  it.each<[string, Pod, string]>([
    ["for the virtual node itself", pod, "eci"],
    ["without tolerations", { spec: { containers: [] } }, "kubernetes"],
    ["of other taints", { spec: { containers: [], tolerations: [{ key: "gpu" }] } }, "kubernetes"],
    ["of all taints", { spec: { containers: [], tolerations: [{ operator: "Exists" }] } }, "kubernetes"],
  ])("does not warn of a pod %s", (_name, tolerant, name) => {
    expect(warnOfTolerations(tolerant, { platform: platformOf(name), why: "" }, catalog)).toEqual([]);
  });
});

describe("refuseOfPlatform", () => {
  it.each(builtInPlatforms)("refuses where no mount reaches the app, and only there: $name", (platform) => {
    const findings = refuseOfPlatform({ platform, why: "" }, ["juicefs"], false);
    expect(codes(findings)).toEqual(platform.mount.by === "nothing" ? ["no-shared-mounts"] : []);
    for (const { message } of findings) expect(message.slice(0, 200)).toMatch(/sluice\.io\/platform/);
  });

  it.each([
    ["kata", true],
    ["virtual-node", false],
  ])("names csi mode as a remedy only where a driver can run: %s %s", (name, expected) => {
    const [finding] = refuseOfPlatform({ platform: platformOf(name), why: "" }, [], false);
    expect(finding?.message.includes("sluice.io/mode: csi")).toBe(expected);
  });

  it.each([
    ["eci", ["platform-not-confirmed"]],
    ["kubernetes", []],
    ["fargate", ["no-shared-mounts"]],
  ])("refuses what is not confirmed where only that will do: %s %j", (name, expected) => {
    const findings = refuseOfPlatform({ platform: platformOf(name), why: "" }, [], true);
    expect(codes(findings)).toEqual(expected);
  });

  it("takes a platform that was tested", () => {
    const tested = { ...platformOf("eci"), unconfirmed: {} };
    expect(refuseOfPlatform({ platform: tested, why: "" }, [], true)).toEqual([]);
  });

  it("refuses a runtime that the platform cannot serve, each once", () => {
    const findings = refuseOfPlatform(
      { platform: platformOf("cci"), why: "" },
      ["juicefs", "jindo", "jindo"],
      false,
    );
    expect(codes(findings)).toEqual(["runtime-not-on-platform"]);
    expect(findings[0]?.message).toContain("jindo");
  });

  it.each([
    ["eci", ["may-burst"]],
    ["kubernetes", []],
  ])("refuses a pod that may burst to %s: %j", (name, expected) => {
    const findings = refuseOfPlatform(
      { platform: platformOf(name), why: "", bursts: "annotation a=b" },
      [],
      false,
    );
    expect(codes(findings)).toEqual(expected);
    for (const { message } of findings) expect(message.slice(0, 200)).toMatch(/^annotation a=b.*sluice\.io/);
  });
});
