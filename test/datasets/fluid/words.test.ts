import { describe, expect, it } from "vitest";
import { clientProgram, fileSystems } from "../../../src/datasets/fluid/mount-types.ts";
import { parseScrapeTarget } from "../../../src/datasets/fluid/scrape-target.ts";
import { below, cleanAbsolutePath, cleanSubPath, joinBelow } from "../../../src/datasets/paths.ts";

describe("the scrape target", () => {
  it.each([
    [undefined, { sidecar: false }],
    ["", { sidecar: false }],
    ["None", { sidecar: false }],
    ["MountPod", { sidecar: false }],
    ["Sidecar", { sidecar: true }],
    ["MountPod,Sidecar", { sidecar: true }],
    ["All", { sidecar: true }],
    ["Sidecar,None", { sidecar: true }],
    ["None,Sidecar", { sidecar: false }],
    ["None,whatever", { sidecar: false }],
    ["All,whatever", { sidecar: true }],
    ["MountPod, Sidecar", { unknown: " Sidecar" }],
    ["sidecar", { unknown: "sidecar" }],
    ["Sidecar,", { unknown: "" }],
  ])("%j", (target, expected) => {
    expect(parseScrapeTarget(target)).toEqual(expected);
  });
});

describe("a mount type", () => {
  it.each([
    ["JuiceFS", "juicefs", ["fuse"]],
    ["juicefs", "juicefs", ["fuse"]],
    ["fuse.alluxio-fuse", "alluxio", ["fuse"]],
    ["jindo", "jindo", ["fuse"]],
    ["s3fs", "thin", ["fuse"]],
    ["fuse.glusterfs", "thin", ["fuse"]],
    ["ceph-fuse", "thin", ["fuse"]],
    ["", "thin", ["fuse"]],
    ["toString", "thin", ["fuse"]],
    ["__proto__", "thin", ["fuse"]],
    ["nfs", "thin", ["nfs", "nfs4"]],
    ["NFS", "thin", ["nfs", "nfs4"]],
    ["ceph", "thin", ["ceph"]],
    ["cifs", "thin", ["cifs", "smb3"]],
    ["lustre", "thin", ["lustre"]],
  ])("%s", (mountType, program, types) => {
    expect(clientProgram(mountType)).toBe(program);
    expect(fileSystems(mountType)).toEqual(types);
  });
});

describe("paths", () => {
  it.each([
    ["/a/b", "/a/b"],
    ["//a/./b//", "/a/b"],
    ["/", "/"],
    ["/..a", "/..a"],
    ["", undefined],
    ["a", undefined],
    ["/a/..", undefined],
    ["/a\nb", undefined],
    [undefined, undefined],
    [7, undefined],
  ])("absolute %j", (path, clean) => {
    expect(cleanAbsolutePath(path)).toBe(clean);
  });

  it.each([
    ["", ""],
    ["a/b", "a/b"],
    ["./a//b/", "a/b"],
    ["with space/$(x)", "with space/$(x)"],
    ["..a/b..", "..a/b.."],
    ["/a", undefined],
    ["..", undefined],
    ["a/../b", undefined],
    ["a\tb", undefined],
    [null, undefined],
  ])("sub path %j", (path, clean) => {
    expect(cleanSubPath(path)).toBe(clean);
  });

  it.each([
    ["/a", "/a", ""],
    ["/a", "/a/b/c", "b/c"],
    ["/", "/a", "a"],
    ["/a", "/ab", undefined],
    ["/a/b", "/a", undefined],
  ])("%s holds %s", (parent, path, rest) => {
    expect(below(parent, path)).toBe(rest);
    if (rest !== undefined) expect(joinBelow(parent, rest)).toBe(path);
  });
});
