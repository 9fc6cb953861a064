import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig } from "../../src/config.ts";

function problemsOf(platforms: unknown): readonly string[] {
  try {
    parseConfig({ platforms });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe("the configuration's platforms", () => {
  it.each<[string, unknown, RegExp]>([
    ["a list", [], /^platforms: must be a map/],
    ["a platform that is no map", { eci: true }, /^platforms\.eci: must be a map/],
    [
      "an unknown platform without a model",
      { moon: {} },
      /^platforms\.moon: is not a platform that is known.*like/,
    ],
    ["an unknown model", { moon: { like: "sun" } }, /^platforms\.moon\.like: must be the name/],
    ["a model that is no text", { moon: { like: 1 } }, /^platforms\.moon\.like:/],
    ["a bad name", { Moon: { like: "eci" } }, /^platforms\.Moon\.name: must be lower-case/],
    ["another name", { eci: { name: "x" } }, /^platforms\.eci\.name: cannot be changed/],
    ["an unknown key", { eci: { mounts: {} } }, /^platforms\.eci: .*mounts/],
    ["an unknown key inside", { eci: { mount: { how: 1 } } }, /^platforms\.eci\.mount: .*how/],
    ["an unknown way to share", { eci: { mount: { by: "magic" } } }, /^platforms\.eci\.mount\.by: /],
    [
      "a limit of no number",
      { eci: { rules: { maxVolumes: "many" } } },
      /^platforms\.eci\.rules\.maxVolumes: /,
    ],
    ["an unknown rule", { eci: { rules: { forbidden: ["x"] } } }, /^platforms\.eci\.rules\.forbidden\.0: /],
    [
      "an annotation that is not named",
      { eci: { mount: { by: "annotation" } } },
      /^platforms\.eci\.mount\.annotation: is needed/,
    ],
    [
      "a driver that is not named",
      { eci: { mount: { by: "inline-csi" } } },
      /^platforms\.eci\.mount\.csi: is needed/,
    ],
    [
      "a variable that is not named",
      { acs: { start: { order: "priority" } } },
      /^platforms\.acs\.start\.priority: is needed/,
    ],
    [
      "a mark of no kind",
      { eci: { recognition: { marks: [{ key: "a", value: "b" }] } } },
      /^platforms\.eci\.recognition\.marks\.0\.kind: /,
    ],
    [
      "a confirmation of half",
      { eci: { confirmed: "mount" } },
      /^platforms\.eci\.confirmed: must be true or false/,
    ],
  ])("refuse %s by its path", (_name, platforms, message) => {
    const problems = problemsOf(platforms);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
  });

  it("tell all problems at once", () => {
    expect(problemsOf({ eci: { mount: { by: "x" } }, moon: {} })).toHaveLength(2);
  });

  it("merge maps, replace lists, and leave everything else as it is", () => {
    const before = parseConfig({}).platforms.byName.get("eci");
    const { platforms } = parseConfig({
      platforms: { eci: { mount: { subPaths: true }, rules: { forbidden: ["hostPath"] } } },
    });
    expect(platforms.byName.get("eci")).toEqual({
      ...before,
      mount: { ...before?.mount, subPaths: true },
      rules: { ...before?.rules, forbidden: ["hostPath"] },
    });
    expect(platforms.platforms).toHaveLength(parseConfig({}).platforms.platforms.length);
  });

  it("take a tested platform for confirmed", () => {
    const { platforms } = parseConfig({ platforms: { eci: { confirmed: true } } });
    expect(platforms.byName.get("eci")?.unconfirmed).toEqual({});
  });

  it("add a platform that is like another one, but for its marks", () => {
    const { platforms } = parseConfig({
      platforms: { mine: { like: "eci", recognition: { marks: [{ kind: "label", key: "a", value: "b" }] } } },
    });
    const [eci, mine] = [platforms.byName.get("eci"), platforms.byName.get("mine")];
    expect(mine).toMatchObject({ name: "mine", start: eci?.start, end: eci?.end, client: eci?.client });
    expect(mine?.recognition).toMatchObject({
      marks: [{ key: "a", value: "b" }],
      targets: [],
      nodeLabels: {},
    });
    expect(platforms.marks.filter(({ platform }) => platform === mine)).toHaveLength(1);
  });

  it("can be the platform of all pods", () => {
    const config = parseConfig({ platform: "mine", platforms: { mine: { like: "eci" } } });
    expect(config.platforms.byName.has(config.platform)).toBe(true);
  });
});
