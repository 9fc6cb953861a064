import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fluidSettings } from "../../src/cli/fluid-environment.ts";
import { readConfig } from "../../src/cli/read-config.ts";
import { temporaryFolder } from "./demo-folder.ts";

describe("the settings of Fluid's webhook in the environment", () => {
  it.each<[Record<string, string>, object]>([
    [{}, {}],
    [{ DISABLE_INJECTION: "true" }, { injection: "disabled" }],
    [{ DISABLE_INJECTION: "1" }, { injection: "disabled" }],
    [{ DISABLE_INJECTION: "false" }, {}],
    [{ DISABLE_INJECTION: "yes" }, {}],
    [{ FUSE_SIDECAR_INJECTION_MODE: "native-sidecar" }, { sidecar: "native" }],
    [{ FUSE_SIDECAR_INJECTION_MODE: "legacy" }, { sidecar: "classic" }],
    [{ FUSE_SIDECAR_INJECTION_MODE: "default" }, {}],
    [{ FUSE_SIDECAR_INJECTION_MODE: "other" }, {}],
    [{ KEY_SERVERLESS_PLATFORM: "example.com/vnode" }, { platformLabel: "example.com/vnode" }],
    [{ KEY_SERVERLESS_PLATFORM: "", FILE_PREFETCHER_IMAGE: "" }, {}],
    [{ FILE_PREFETCHER_IMAGE: "prefetch:1" }, { prefetchImage: "prefetch:1" }],
  ])("%j", (env, settings) => {
    expect(fluidSettings(env)).toEqual(settings);
  });

  it("count where the configuration says nothing", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "sluice.yaml");
    writeFileSync(file, "sidecar: classic\n");
    const settings = { sidecar: "native", injection: "disabled" };
    expect(await readConfig(file, settings)).toMatchObject({ sidecar: "classic", injection: "disabled" });
    writeFileSync(file, "");
    expect(await readConfig(file, settings)).toMatchObject(settings);
    expect(await readConfig(undefined, settings)).toMatchObject(settings);
    expect((await readConfig(undefined, {})).injection).toBe("enabled");
  });

  it("are refused like those of a file", async () => {
    await expect(readConfig(undefined, { platformLabel: "not a key" })).rejects.toThrow(
      /the environment is not a valid configuration:\n.*platformLabel: must be the key of a label/,
    );
  });
});
