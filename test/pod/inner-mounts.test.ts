import { describe, expect, it } from "vitest";
import { InnerMounts } from "../../src/pod/inner-mounts.ts";

describe("InnerMounts", () => {
  it.each<[string, string[], string | undefined]>([
    ["/data", ["/data"], undefined],
    ["/data", ["/data", "/data/"], undefined],
    ["/data", ["/data", "/database", "/dat", "/data-2/x"], undefined],
    ["/data", ["/z", "/data", "/data/in"], "/data/in"],
    ["/data/", ["/data//./in", "/data/"], "/data/in"],
    ["/data", ["/data/../x", "/data"], undefined],
    ["/data", ["/data-2", "/data/in", "/data", "/data.x"], "/data/in"],
    ["/data", ["/data/b/c", "/data/a", "/data"], "/data/a"],
    ["/", ["/"], undefined],
    ["/", ["/x", "/"], "/x"],
    ["/a/b", ["/a", "/a/b"], undefined],
    ["/a", [], undefined],
  ])("below %s of %j: %s", (path, paths, inner) => {
    const volumeMounts = paths.map((mountPath) => ({ name: "v", mountPath }));
    expect(new InnerMounts({ volumeMounts }).below(path)).toBe(inner);
  });

  it("knows none in a container without mounts", () => {
    expect(new InnerMounts({}).below("/")).toBeUndefined();
  });
});
