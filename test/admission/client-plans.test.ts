import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { planClients } from "../../src/admission/client-plans.ts";
import { type PodOptions, readPodOptions } from "../../src/admission/pod-options.ts";
import { defaultConfig } from "../../src/config.ts";
import type { DatasetVolume } from "../../src/types/dataset-volume.ts";
import { clientTemplateOf } from "../support/client-template-of.ts";
import { datasetVolume } from "../support/dataset-volume.ts";

function datasetOf(name: string, parts: Partial<DatasetVolume> = {}): DatasetVolume {
  return datasetVolume(name, { client: clientTemplateOf(), ...parts });
}

interface Asked {
  spec?: Partial<NonNullable<Pod["spec"]>>;
  native?: boolean;
  options?: Partial<PodOptions>;
  config?: Partial<typeof defaultConfig>;
}

function plan(datasets: DatasetVolume[], { spec, native = true, options, config }: Asked = {}) {
  const pod = { spec: { containers: [], ...spec } };
  const { options: usual } = readPodOptions({});
  return planClients(pod, datasets, native, { ...usual, ...options }, { ...defaultConfig, ...config });
}

describe("planClients", () => {
  it.each<[string, string[], string[]]>([
    ["numbers clients in the order of the datasets", ["app"], ["fluid-fuse-0", "fluid-fuse-1"]],
    ["goes on behind those that are there", ["fluid-fuse-0", "app"], ["fluid-fuse-1", "fluid-fuse-2"]],
    ["passes over names that are taken", ["fluid-fuse-1", "fluid-fuse-3"], ["fluid-fuse-2", "fluid-fuse-4"]],
  ])("%s", (_, names, expected) => {
    const containers = names.map((name) => ({ name }));
    const { plans } = plan([datasetOf("a"), datasetOf("b")], { spec: { initContainers: containers } });
    expect(plans.map(({ name }) => name)).toEqual(expected);
    expect(plans.map(({ name, number }) => name === `fluid-fuse-${number}`)).toEqual([true, true]);
  });

  it.each<[string, Asked, number]>([
    ["by default", {}, 3],
    ["as configured", { config: { gateSeconds: 20 } }, 20],
    ["not at all, by a label", { config: { gateSeconds: 20 }, options: { gate: false } }, 0],
  ])("lets the hook wait for the mount %s", (_, asked, seconds) => {
    expect(plan([datasetOf("a")], asked).plans[0]?.gateSeconds).toBe(seconds);
  });

  it("takes no attendant's name that is taken", () => {
    const { plans } = plan([datasetOf("a")], { spec: { containers: [{ name: "sluice-views-0" }] } });
    expect(plans[0]?.attendant).toBe("sluice-views-0-2");
  });

  it("refuses a client without command that mounts at the root of the volume it shares", () => {
    const bare = clientTemplateOf({ command: [] });
    const atRoot = { ...bare, sharedMount: { ...bare.sharedMount, mountPath: bare.mountPath } };
    expect(plan([datasetOf("a", { client: atRoot })]).findings).toMatchObject([
      {
        code: "client-mounts-at-root",
        message: expect.stringMatching(/^the client of Dataset default\/a states no command/),
      },
    ]);
    expect(plan([datasetOf("a", { client: bare })]).findings).toEqual([]);
  });

  it.each([
    ["/sluice/views/data", ["name-taken"]],
    ["/sluice//views/", ["name-taken"]],
    ["/sluice", []],
    ["/sluice/views-of-mine", []],
  ])("looks whether the template itself mounts among the views: %s", (mountPath, codes) => {
    const client = clientTemplateOf({ volumeMounts: [{ name: "script", mountPath }] });
    const { findings } = plan([datasetOf("a", { client })]);
    expect(findings.map(({ code }) => code)).toEqual(codes);
    for (const { message } of findings) expect(message.length).toBeLessThanOrEqual(200);
  });

  it.each([
    [10, true, undefined, ["short-grace"]],
    [30, true, undefined, []],
    [10, false, undefined, []],
    [10, true, "detach" as const, ["stop-may-lose-writes"]],
  ])(
    "warns of %i s of grace for a client that uploads late: %s, %s",
    (grace, writesBack, clientStop, codes) => {
      const client = { ...clientTemplateOf(), writesBack };
      const { findings } = plan([datasetOf("a", { client })], {
        spec: { terminationGracePeriodSeconds: grace },
        options: clientStop === undefined ? {} : { clientStop },
      });
      expect(findings.map(({ code }) => code)).toEqual(codes);
    },
  );

  it("lets the claims of one Dataset share a client", () => {
    const { plans } = plan([
      datasetOf("a"),
      datasetOf("b"),
      datasetOf("a-again", { sharesClientOf: "a", subPath: "x", readOnly: true }),
    ]);
    expect(plans.map(({ claims }) => claims)).toEqual([
      [
        { name: "a", subPath: "", readOnly: false },
        { name: "a-again", subPath: "x", readOnly: true },
      ],
      [{ name: "b", subPath: "", readOnly: false }],
    ]);
  });

  it.each<[string, boolean, Asked, string, string[]]>([
    ["ends a client that holds nothing", false, {}, "detach", []],
    ["waits for one that writes back", true, {}, "wait", []],
    ["waits where the configuration says so", false, { config: { clientStop: "wait" } }, "wait", []],
    ["does what the pod asks for", false, { options: { clientStop: "wait" } }, "wait", []],
    [
      "does it before the configuration, and warns where writes may be lost",
      true,
      { options: { clientStop: "detach" }, config: { clientStop: "wait" } },
      "detach",
      ["stop-may-lose-writes"],
    ],
  ])("%s", (_, writesBack, asked, stop, codes) => {
    const dataset = datasetOf("a", { client: clientTemplateOf({}, { writesBack }) });
    const { plans, findings } = plan([dataset], asked);
    expect(plans[0]?.stop).toBe(stop);
    expect(findings.map(({ code }) => code)).toEqual(codes);
  });

  it.each<[string, number | undefined, boolean, number, number]>([
    ["native, default grace", undefined, true, 25, 0],
    ["native, short grace", 3, true, 1, 0],
    ["native, none", 0, true, 1, 0],
    ["classic, default grace", undefined, false, 15, 10],
    ["classic, short grace", 8, false, 1, 3],
    ["classic, none", 0, false, 1, 0],
  ])("ends within the pod's grace: %s", (_, grace, native, stopSeconds, holdSeconds) => {
    const spec = grace === undefined ? {} : { terminationGracePeriodSeconds: grace };
    expect(plan([datasetOf("a")], { spec, native }).plans[0]).toMatchObject({ stopSeconds, holdSeconds });
  });
});
