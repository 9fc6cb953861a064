import { describe, expect, it } from "vitest";
import { builtInPlatforms, catalogOf, listPlatformNames } from "../../src/platforms/catalog.ts";
import { platformSchema } from "../../src/platforms/platform.ts";

const catalog = catalogOf(builtInPlatforms);

describe("the built-in platforms", () => {
  it("are each named once, and said in one sentence what they are", () => {
    const names = builtInPlatforms.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(listPlatformNames(catalog)).toBe(names.join(", "));
    for (const { summary } of builtInPlatforms) expect(summary).toMatch(/^[A-Z].*\.$/);
  });

  it.each(builtInPlatforms)("are valid as a configuration could state them: $name", (platform) => {
    expect(platformSchema.parse(platform)).toEqual(platform);
  });

  it("share no mark, and no labels of nodes", () => {
    const marks = [...catalog.targets, ...catalog.marks].map(
      ({ kind, key, value }) => `${kind} ${key}=${value}`,
    );
    expect(new Set(marks).size).toBe(marks.length);
    const labels = catalog.selected.map((selected) => JSON.stringify(selected.labels));
    expect(new Set(labels).size).toBe(labels.length);
  });

  it.each(builtInPlatforms.filter(({ unconfirmed }) => Object.keys(unconfirmed).length > 0))(
    "state what is not confirmed by a field of theirs: $name",
    (platform) => {
      for (const path of Object.keys(platform.unconfirmed)) {
        const [first = "", second] = path.split(".");
        const field: unknown = Reflect.get(platform, first);
        expect(field, path).toBeDefined();
        // Rules are named by what they forbid.
        const inside =
          typeof field === "object" && field !== null && second !== undefined && first !== "rules";
        if (inside) expect(Reflect.get(field, second), path).toBeDefined();
      }
    },
  );

  it.each(builtInPlatforms.filter(({ mount }) => mount.by !== "nothing"))(
    "give clients only what they allow themselves: $name",
    ({ client, rules: { capabilities = client.capabilities, forbidden } }) => {
      expect(client.privilege === "privileged" && forbidden.includes("privileged")).toBe(false);
      expect(capabilities).toEqual(expect.arrayContaining([...client.capabilities]));
    },
  );
});
