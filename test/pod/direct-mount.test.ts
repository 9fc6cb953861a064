import type { VolumeMount } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { DirectLayout } from "../../src/pod/direct-layout.ts";
import { type DirectVolume, directMount } from "../../src/pod/direct-mount.ts";

const layout: DirectLayout = {
  platform: "eci",
  native: false,
  sharing: { kind: "empty-dir", bidirectional: true },
  subPaths: true,
  privilege: { kind: "privileged" },
  devices: {},
  env: {},
  endsLast: false,
  meshProxies: [],
};
const volume: DirectVolume = {
  name: "data",
  volume: "data",
  isFirst: true,
  client: "fluid-fuse-0",
  label: "Dataset default/data",
  subPath: "",
  readOnly: false,
  replacement: { name: "data", emptyDir: {} },
};
const usual: VolumeMount = { name: "data", mountPath: "/data" };
const csi: Partial<DirectLayout> = {
  sharing: { kind: "inline-csi", driver: "d", fsType: "f", attribute: "a", folderEnv: "F" },
};

function mounted(
  mount: Partial<VolumeMount> = {},
  parts: Partial<DirectVolume> = {},
  how: Partial<DirectLayout> = {},
) {
  const result = directMount(
    "container app",
    { ...usual, ...mount },
    { ...volume, ...parts },
    { ...layout, ...how },
  );
  return { ...result, codes: result.findings.map(({ code }) => code) };
}

describe("directMount", () => {
  const propagated = { ...usual, mountPropagation: "HostToContainer" };

  it.each<[string, Parameters<typeof mounted>, VolumeMount]>([
    ["the whole dataset", [], propagated],
    ["another volume that shows the same", [{}, { volume: "first" }], { ...propagated, name: "first" }],
    ["what is mounted read-only", [{ readOnly: true }], { ...propagated, readOnly: true }],
    ["what the claim grants to read only", [{}, { readOnly: true }], { ...propagated, readOnly: true }],
    ["a sub path", [{ subPath: "a/b/" }], { ...propagated, subPath: "a/b/" }],
    ["the claim's own sub path", [{}, { subPath: "inner" }], { ...propagated, subPath: "inner" }],
    ["a sub path within it", [{ subPath: "a" }, { subPath: "inner" }], { ...propagated, subPath: "inner/a" }],
    ["an expression", [{ subPathExpr: "$(POD)" }], { ...propagated, subPathExpr: "$(POD)" }],
    ["a sub path of nothing", [{ subPath: "./" }], propagated],
    ["the vendor's volume, which propagates nothing", [{}, {}, csi], usual],
  ])("shows %s", (_name, args, expected) => {
    const { mount, codes } = mounted(...args);
    expect(mount).toEqual(expected);
    expect(codes).toEqual([]);
  });

  it.each<[string, Parameters<typeof mounted>, string, RegExp]>([
    ["a sub path above the dataset", [{ subPath: "../x" }], "bad-sub-path", /leads out/],
    ["an absolute sub path", [{ subPath: "/x" }], "bad-sub-path", /leads out/],
    [
      "a sub path where it may be empty",
      [{ subPath: "x" }, {}, { subPaths: false }],
      "sub-path-not-on-platform",
      /x may be an empty directory on platform eci.*platforms\.eci\.mount\.subPaths/,
    ],
    [
      "a claim's sub path where it may be empty",
      [{}, { subPath: "inner" }, { subPaths: false }],
      "sub-path-not-on-platform",
      /inner/,
    ],
    [
      "recursiveReadOnly",
      [{ readOnly: true, recursiveReadOnly: "IfPossible" }],
      "recursive-read-only",
      /left out/,
    ],
    [
      "propagation of its own",
      [{ mountPropagation: "Bidirectional" }],
      "propagation-replaced",
      /HostToContainer/,
    ],
  ])("tells of %s", (_name, args, code, message) => {
    const { findings, codes } = mounted(...args);
    expect(codes).toEqual([code]);
    expect(findings[0]?.message).toMatch(/^container app, \/data: /);
    expect(findings[0]?.message).toMatch(message);
    expect(findings[0]?.volume).toBe("data");
  });
});
