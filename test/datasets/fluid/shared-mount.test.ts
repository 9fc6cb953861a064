import type { Volume, VolumeMount } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { findSharedMount } from "../../../src/datasets/fluid/shared-mount.ts";

const fluidPath = "/runtime-mnt/thin/default/data/thin-fuse";

function find(...pairs: [string, string | undefined, Partial<VolumeMount>?][]) {
  const volumes = pairs.map(
    ([name, path]): Volume => (path === undefined ? { name, emptyDir: {} } : { name, hostPath: { path } }),
  );
  const mounts = pairs.map(([name, , mount]): VolumeMount => ({ name, mountPath: `/in/${name}`, ...mount }));
  return findSharedMount(mounts, new Map(volumes.map((volume) => [volume.name, volume])), fluidPath);
}

describe("the shared mount", () => {
  it("tells where the client mounts", () => {
    expect(find(["thin-fuse-mount", "/runtime-mnt/thin/default/data/"])).toEqual({
      volumeName: "thin-fuse-mount",
      mountPath: "/in/thin-fuse-mount",
      clientPath: "/in/thin-fuse-mount/thin-fuse",
    });
  });

  it.each<[string, string | undefined, [string, string | undefined, Partial<VolumeMount>?][]]>([
    [
      "the longest path",
      "long",
      [
        ["short", "/runtime-mnt"],
        ["long", "/runtime-mnt/thin/default/data"],
      ],
    ],
    ["the root", "root", [["root", "/"]]],
    ["the mount point itself", "self", [["self", fluidPath]]],
    [
      "a chart's name",
      "thin-fuse-mount",
      [
        ["own", fluidPath],
        ["thin-fuse-mount", "/runtime-mnt/thin"],
      ],
    ],
    [
      "nothing beside it",
      undefined,
      [
        ["near", "/runtime-mnt/thin/default/dat"],
        ["below", `${fluidPath}/x`],
      ],
    ],
    ["no emptyDir", undefined, [["thin-fuse-mount", undefined]]],
    ["no climbing path", undefined, [["up", "/runtime-mnt/../runtime-mnt"]]],
    ["no expression", undefined, [["e", "/runtime-mnt", { subPathExpr: "$(X)" }]]],
    ["no relative mount path", undefined, [["r", "/runtime-mnt", { mountPath: "in" }]]],
    ["a sub path that leads there", "s", [["s", "/runtime-mnt", { subPath: "thin/default" }]]],
    ["no other sub path", undefined, [["s", "/runtime-mnt", { subPath: "juicefs" }]]],
  ])("is %s", (_, name, pairs) => {
    expect(find(...pairs)?.volumeName).toBe(name);
  });

  it("goes on below the mount path", () => {
    expect(find(["root", "/"])?.clientPath).toBe(`/in/root${fluidPath}`);
    expect(find(["top", "/runtime-mnt", { mountPath: "/" }])?.clientPath).toBe(
      "/thin/default/data/thin-fuse",
    );
    expect(find(["s", "/runtime-mnt", { subPath: "thin/" }])?.clientPath).toBe(
      "/in/s/default/data/thin-fuse",
    );
  });

  it("is the one that propagates, of two for one volume", () => {
    const path = "/runtime-mnt/thin/default/data";
    const volumes = new Map([["v", { name: "v", hostPath: { path } }]]);
    const mounts = [
      { name: "v", mountPath: "/a" },
      { name: "v", mountPath: "/b", mountPropagation: "Bidirectional" },
    ];
    expect(findSharedMount(mounts, volumes, fluidPath)?.mountPath).toBe("/b");
  });
});
