import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { sidecarObstacles } from "../../src/pod/sidecar-obstacles.ts";

const mount = { name: "data", mountPath: "/data" };
const reads = { name: "prepare", volumeMounts: [mount] };
const ray = { "ray.io/node-type": "head" };

type Spec = Partial<NonNullable<Pod["spec"]>>;

describe("sidecarObstacles", () => {
  it.each<[string, Spec, Record<string, string>, boolean, string[]]>([
    ["nothing, native", { initContainers: [reads] }, ray, true, []],
    ["nothing, classic", { initContainers: [{ name: "prepare" }] }, {}, false, []],
    [
      "an init container that reads, classic",
      { initContainers: [reads] },
      {},
      false,
      ["init-container-needs-native"],
    ],
    [
      "a maker that takes the first container for the app, classic",
      {},
      ray,
      false,
      ["first-container-is-app"],
    ],
    ["a user namespace", { hostUsers: false }, {}, true, ["user-namespace"]],
    ["the host's user namespace, said aloud", { hostUsers: true }, {}, true, []],
    ["Windows, said by the pod", { os: { name: "windows" } }, {}, true, ["windows-pod"]],
    [
      "Windows, asked of the node",
      { nodeSelector: { "kubernetes.io/os": "windows" } },
      {},
      true,
      ["windows-pod"],
    ],
    ["Linux, said aloud", { os: { name: "linux" } }, {}, true, []],
    [
      "a block device",
      { initContainers: [{ name: "prepare", volumeDevices: [{ name: "data", devicePath: "/dev/x" }] }] },
      {},
      true,
      ["block-device"],
    ],
    [
      "a block device of another volume",
      { initContainers: [{ name: "prepare", volumeDevices: [{ name: "disk", devicePath: "/dev/x" }] }] },
      {},
      true,
      [],
    ],
    [
      "all at once",
      { hostUsers: false, initContainers: [reads] },
      ray,
      false,
      ["user-namespace", "init-container-needs-native", "first-container-is-app"],
    ],
  ])("finds %s", (_, spec, labels, native, codes) => {
    const pod = {
      metadata: { labels },
      spec: { containers: [{ name: "app", volumeMounts: [mount] }], ...spec },
    };
    const findings = sidecarObstacles(pod, new Set(["data"]), native, ["ray.io/node-type"]);
    expect(findings.map(({ code }) => code)).toEqual(codes);
  });
});
