import type { Container } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import { serveContainers } from "../../src/pod/serve-containers.ts";
import { ServedVolume } from "../../src/pod/served-volume.ts";

function serve(container: Partial<Container>) {
  const editor = new PodEditor({ spec: { containers: [{ name: "app", ...container }] } });
  const findings = serveContainers(editor, [ServedVolume.create("data", "fluid-fuse-0", "", false, false)]);
  return {
    mounts: editor.pod.spec?.containers[0]?.volumeMounts,
    codes: findings.map(({ code }) => code),
    paths: editor.edits.map(({ operation }) => `${operation.op} ${operation.path.split("/").at(-1)}`),
  };
}

const data = { name: "data", mountPath: "/data" };

describe("serveContainers", () => {
  it("edits only the parts of a mount that change", () => {
    const expression = { ...data, subPathExpr: "a", readOnly: false };
    expect(serve({ volumeMounts: [{ name: "x", mountPath: "/x" }, expression] }).paths).toEqual([
      "remove subPathExpr",
      "add subPath",
      "add mountPropagation",
    ]);
  });

  it("serves the same volume as often as it is mounted", () => {
    const { mounts } = serve({ volumeMounts: [data, { ...data, mountPath: "/again", subPath: "a" }] });
    expect(mounts?.map(({ subPath }) => subPath)).toEqual(["view-0", "view-1"]);
  });

  it.each([
    ["view-0", "view-1"],
    ["view-0/x", "view-1"],
  ])("takes the user's own sub path %s for a directory of the dataset", (subPath, view) => {
    expect(serve({ volumeMounts: [{ ...data, subPath }] }).mounts?.[0]?.subPath).toBe(view);
  });

  it("takes a user's mount for one, even where a client would have its own", () => {
    const mount = { name: "data", mountPath: "/sluice/views/data", mountPropagation: "Bidirectional" };
    expect(serve({ volumeMounts: [mount] }).mounts?.[0]).toMatchObject({
      subPath: "view-0",
      mountPropagation: "HostToContainer",
    });
  });

  it.each<[string, string | undefined, string, string[]]>([
    ["in the dataset", "/data/src", "/data", ["working-dir-in-dataset"]],
    ["the dataset itself", "/data", "/data/", ["working-dir-in-dataset"]],
    ["beside it", "/database", "/data", []],
    ["not stated", undefined, "/data", []],
  ])("warns of a working directory: %s", (_, workingDir, mountPath, codes) => {
    const mount = { ...data, mountPath };
    expect(serve({ ...(workingDir && { workingDir }), volumeMounts: [mount] }).codes).toEqual(codes);
  });
});
