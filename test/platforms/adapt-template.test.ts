import type { HostPathVolumeSource } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { adaptTemplate } from "../../src/platforms/adapt-template.ts";
import { builtInPlatforms } from "../../src/platforms/catalog.ts";
import type { Platform } from "../../src/platforms/platform.ts";
import type { ClientTemplate } from "../../src/types/dataset-volume.ts";
import { clientTemplateOf } from "../support/client-template-of.ts";

function platformOf(name: string): Platform {
  const platform = builtInPlatforms.find((candidate) => candidate.name === name);
  if (platform === undefined) throw new Error(`no platform ${name}`);
  return platform;
}

function templateWith(hostPath: HostPathVolumeSource): ClientTemplate {
  const template = clientTemplateOf();
  return {
    ...template,
    container: {
      ...template.container,
      volumeMounts: [
        { name: "host", mountPath: "/host", mountPropagation: "Bidirectional" },
        { name: "kept", mountPath: "/kept" },
      ],
    },
    volumes: [
      { name: "host", hostPath },
      { name: "kept", configMap: { name: "kept" } },
    ],
  };
}

describe("adaptTemplate", () => {
  it("makes a directory of the host an emptyDir, and says so", () => {
    const { template, findings } = adaptTemplate(
      templateWith({ path: "/cache", type: "DirectoryOrCreate" }),
      platformOf("eci"),
    );
    expect(template.volumes[0]).toEqual({ name: "host", emptyDir: {} });
    expect(template.container.volumeMounts).toHaveLength(2);
    expect(findings.map(({ code }) => code)).toEqual(["template-part-replaced"]);
    expect(findings[0]?.message).toMatch(/hostPath.*volume host \(\/cache\).*emptyDir/);
  });

  it("leaves a directory of the host out, or refuses it, as configured", () => {
    const before = templateWith({ path: "/cache", type: "DirectoryOrCreate" });
    const dropped = adaptTemplate(before, platformOf("eci"), "drop");
    expect(dropped.template.volumes.map(({ name }) => name)).toEqual(["kept"]);
    expect(dropped.findings[0]?.message).toContain("is left out");
    const refused = adaptTemplate(before, platformOf("eci"), "refuse");
    expect(refused.findings.map(({ code }) => code)).toEqual(["host-path-refused"]);
    expect(refused.findings[0]?.message).toContain("set refusedHostPaths: emptyDir in the configuration");
  });

  it("refuses a directory in which something is expected, unless it is to be left out", () => {
    const before = templateWith({ path: "/srv/books", type: "Directory" });
    const refused = adaptTemplate(before, platformOf("eci"), "emptyDir");
    expect(refused.findings.map(({ code }) => code)).toEqual(["host-path-refused"]);
    expect(refused.findings[0]?.message).toMatch(/volume host \(\/srv\/books\).*on the node already/);
    const dropped = adaptTemplate(before, platformOf("eci"), "drop");
    expect(dropped.template.volumes.map(({ name }) => name)).toEqual(["kept"]);
    expect(dropped.findings.map(({ code }) => code)).toEqual(["template-part-replaced"]);
  });

  it("treats what runs before the client alike", () => {
    const init = { name: "prepare", volumeMounts: [{ name: "host", mountPath: "/h" }] };
    const before = { ...templateWith({ path: "/etc/x", type: "File" }), initContainers: [init] };
    const { template } = adaptTemplate(before, platformOf("eci"));
    expect(template.initContainers).toEqual([{ name: "prepare", volumeMounts: [] }]);
  });

  it.each(["File", "Socket", "CharDevice", "", undefined])("leaves out a host path of type %j", (type) => {
    const hostPath = type === undefined ? { path: "/etc/x" } : { path: "/etc/x", type };
    const { template, findings } = adaptTemplate(templateWith(hostPath), platformOf("eci"));
    expect(template.volumes.map(({ name }) => name)).toEqual(["kept"]);
    expect(template.container.volumeMounts?.map(({ name }) => name)).toEqual(["kept"]);
    expect(findings[0]?.message).toContain("is left out");
  });

  it("leaves out /dev/fuse without a word", () => {
    const { template, findings } = adaptTemplate(
      templateWith({ path: "/dev/fuse", type: "CharDevice" }),
      platformOf("eci"),
    );
    expect(template.volumes.map(({ name }) => name)).toEqual(["kept"]);
    expect(findings).toEqual([]);
  });

  it("takes propagation from a client without privilege", () => {
    const { template } = adaptTemplate(
      templateWith({ path: "/cache", type: "Directory" }),
      platformOf("vci"),
    );
    expect(template.container.volumeMounts?.[0]).toEqual({ name: "host", mountPath: "/host" });
  });

  it("changes nothing on an ordinary node", () => {
    const before = templateWith({ path: "/cache", type: "Directory" });
    const after = adaptTemplate(before, platformOf("kubernetes"));
    expect(after.template).toBe(before);
    expect(after.findings).toEqual([]);
  });
});
