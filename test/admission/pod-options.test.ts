import { describe, expect, it } from "vitest";
import { readPodOptions } from "../../src/admission/pod-options.ts";

const plain = {
  clientSizes: { requests: {}, limits: {} },
  keepCacheDirectories: false,
  skipBoundCheck: false,
  gate: true,
  checkMounts: false,
  requiredClaims: new Set(),
};

function read(annotations: Record<string, string>, labels: Record<string, string> = {}) {
  return readPodOptions({ metadata: { annotations, labels } });
}

describe("readPodOptions", () => {
  it("finds nothing in a pod that says nothing", () => {
    expect(readPodOptions({ metadata: {} })).toEqual({ options: plain });
  });

  it.each<[Record<string, string>, object]>([
    [{ "sluice.io/mode": "csi" }, { mode: "csi" }],
    [{ "sluice.io/sidecar": "classic" }, { sidecar: "classic" }],
    [{ "sluice.io/cache-affinity": "none" }, { cacheAffinity: "none" }],
    [{ "sluice.io/client-stop": "wait" }, { clientStop: "wait" }],
    [{ "sluice.io/platform": "anything" }, { platform: "anything" }],
    [{ "sidecar.fluid.io/skip-precheck": "true" }, { skipBoundCheck: true }],
    [{ "sidecar.fluid.io/skip-precheck": "yes" }, { skipBoundCheck: false }],
    [
      { "sluice.io/client-cpu-request": "1", "sluice.io/client-memory-limit": "2Gi" },
      { clientSizes: { requests: { cpu: "1" }, limits: { memory: "2Gi" } } },
    ],
    [
      { "sluice.io/client-cpu-request": "1000m", "sluice.io/client-cpu-limit": "1" },
      { clientSizes: { requests: { cpu: "1000m" }, limits: { cpu: "1" } } },
    ],
  ])("reads the annotations %j", (annotations, options) => {
    expect(read(annotations)).toEqual({ options: { ...plain, ...options } });
  });

  it.each<[Record<string, string>, object]>([
    [{ "cachedir.sidecar.fluid.io/inject": "true" }, { keepCacheDirectories: true }],
    [{ "cachedir.sidecar.fluid.io/inject": "false" }, {}],
    [{ "fuse.sidecar.poststart.fluid.io/inject": "false" }, { gate: false }],
    [{ "app.poststart.fluid.io/inject": "true" }, { checkMounts: true }],
    [
      { "fluid.io/dataset.a.b.sched": "required", "fluid.io/dataset.c.sched": "preferred" },
      { requiredClaims: new Set(["a.b"]) },
    ],
  ])("reads the labels %j", (labels, options) => {
    expect(read({}, labels)).toEqual({ options: { ...plain, ...options } });
  });

  it.each<[Record<string, string>, string]>([
    [{ "sluice.io/mode": "both" }, 'sluice.io/mode="both" (use sidecar, csi)'],
    [{ "sluice.io/sidecar": "" }, 'sluice.io/sidecar="" (use auto, native, classic)'],
    [{ "sluice.io/cache-affinity": "Required" }, "(use preferred, strong, required, none)"],
    [{ "sluice.io/client-stop": "kill" }, "(use wait, detach)"],
    [{ "sluice.io/client-cpu-limit": "0" }, "quantity above zero such as 500m"],
    [{ "sluice.io/client-memory-request": "1 GB" }, "quantity above zero such as 1Gi"],
    [{ "sluice.io/client-memory-request": "-1" }, "quantity above zero such as 1Gi"],
    [
      { "sluice.io/client-cpu-request": "2", "sluice.io/client-cpu-limit": "1500m" },
      "sluice.io/client-cpu-request=2 is more than sluice.io/client-cpu-limit=1500m",
    ],
    [{ "sluice.io/mode": "x".repeat(500) }, `sluice.io/mode="${"x".repeat(37)}..."`],
  ])("refuses %j by name, value and remedy", (annotations, words) => {
    const { problem } = read(annotations);
    expect(problem?.code).toBe("bad-value");
    expect(problem?.message).toContain(words);
  });

  it("names all bad values at once", () => {
    const annotations = {
      "sluice.io/mode": "a",
      "sluice.io/client-stop": "b",
      "sluice.io/client-cpu-limit": "c",
    };
    const { problem } = read(annotations, { "sluice.io/inject": "yes" });
    for (const key of [...Object.keys(annotations), "sluice.io/inject"])
      expect(problem?.message).toContain(key);
  });
});
