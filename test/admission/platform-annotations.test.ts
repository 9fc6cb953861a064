import { describe, expect, it } from "vitest";
import { annotateForPlatform } from "../../src/admission/platform-annotations.ts";
import { defaultConfig } from "../../src/config.ts";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import { clientPlanOf } from "../support/client-template-of.ts";

const enable = "vke.al.vci-enable-bidirectional-mount-propagation";
const list = "vci.vke.volcengine.com/config-bidirectional-mount-propagation";
const ignored = "bci.virtual-kubelet.io/bci-ignore-exit-code-containers";
const plans = [clientPlanOf(), clientPlanOf({ name: "fluid-fuse-1" })];
const ours = [
  { container: "fluid-fuse-0", mountPath: "/mnt/data" },
  { container: "fluid-fuse-1", mountPath: "/mnt/data" },
];

function annotate(name: string, own: Record<string, string> | undefined, native = false) {
  const platform = defaultConfig.platforms.byName.get(name);
  if (platform === undefined) throw new Error(`no platform ${name}`);
  const editor = new PodEditor({
    metadata: own === undefined ? {} : { annotations: own },
    spec: { containers: [] },
  });
  annotateForPlatform(editor, platform, plans, native);
  return editor.pod.metadata?.annotations;
}

describe("annotateForPlatform", () => {
  it("lets the clients' mounts through on VCI", () => {
    expect(annotate("vci", undefined)).toEqual({ [enable]: enable, [list]: JSON.stringify(ours) });
  });

  it("keeps what the user lets through", () => {
    const own = [{ container: "other", mountPath: "/x", mode: "new" }];
    expect(annotate("vci", { [enable]: "true", [list]: JSON.stringify(own) })).toEqual({
      [enable]: "true",
      [list]: JSON.stringify([...ours, ...own]),
    });
  });

  it.each(["", "{", "null", '{"container":"x"}', "1"])("replaces a list that is none: %j", (text) => {
    expect(annotate("vci", { [list]: text })?.[list]).toBe(JSON.stringify(ours));
  });

  it.each<[string | undefined, string]>([
    [undefined, "fluid-fuse-0,fluid-fuse-1"],
    ["", "fluid-fuse-0,fluid-fuse-1"],
    ["proxy", "proxy,fluid-fuse-0,fluid-fuse-1"],
    [" proxy , fluid-fuse-1 ,", "proxy,fluid-fuse-1,fluid-fuse-0"],
  ])("adds the clients to BCI's list %j: %j", (before, after) => {
    expect(annotate("bci", before === undefined ? undefined : { [ignored]: before })?.[ignored]).toBe(after);
  });

  it("names no native sidecar there, for it ends by itself", () => {
    expect(annotate("bci", undefined, true)).toBeUndefined();
  });

  it.each(["kubernetes", "eci", "acs", "cci", "eklet"])("writes nothing for %s", (name) => {
    expect(annotate(name, { own: "yes" })).toEqual({ own: "yes" });
  });
});
