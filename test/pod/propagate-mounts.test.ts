import type { VolumeMount } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import { propagateMounts } from "../../src/pod/propagate-mounts.ts";

function propagate(mount: Partial<VolumeMount>, list: "containers" | "initContainers" = "containers") {
  const before = { name: "data", mountPath: "/data", ...mount };
  const container = { name: "app", volumeMounts: [{ name: "other", mountPath: "/x" }, before] };
  const editor = new PodEditor({ spec: { containers: [], [list]: [container] } });
  const findings = propagateMounts(editor, new Set(["data"]));
  return { mounts: editor.pod.spec?.[list]?.[0]?.volumeMounts, codes: findings.map(({ code }) => code) };
}

const other = { name: "other", mountPath: "/x" };

describe("propagateMounts", () => {
  it.each<[string, Partial<VolumeMount>, string | undefined, string[]]>([
    ["lets a mount follow the node", {}, "HostToContainer", []],
    ["keeps what the user states", { mountPropagation: "None" }, "None", []],
    ["keeps Bidirectional", { mountPropagation: "Bidirectional" }, "Bidirectional", []],
    [
      "leaves recursiveReadOnly alone, which allows no propagation",
      { readOnly: true, recursiveReadOnly: "IfPossible" },
      undefined,
      ["no-healing"],
    ],
    ["does not heed recursiveReadOnly: Disabled", { recursiveReadOnly: "Disabled" }, "HostToContainer", []],
  ])("%s", (_, mount, propagation, codes) => {
    const expected = { name: "data", mountPath: "/data", ...mount };
    expect(propagate(mount)).toEqual({
      mounts: [other, propagation === undefined ? expected : { ...expected, mountPropagation: propagation }],
      codes,
    });
  });

  it("looks at init containers, too", () => {
    expect(propagate({}, "initContainers").mounts?.[1]?.mountPropagation).toBe("HostToContainer");
  });
});
