import { describe, expect, it } from "vitest";
import { describeBadProfile } from "../../src/cluster/bad-profile.ts";
import type { PluginProfile } from "../../src/cluster/cluster-view.ts";
import { NodeLabels } from "../../src/cluster/node-labels.ts";
import { ObjectStore } from "../../src/cluster/object-store.ts";
import { readPluginProfile } from "../../src/cluster/plugin-profile.ts";
import { projectPluginProfile } from "../../src/cluster/projections.ts";

/** As Fluid's chart has it by default (charts/fluid/fluid/values.yaml). */
const usual = `
plugins:
  serverful:
    withDataset:
    - FilePrefetcher
    - RequireNodeWithFuse
    - NodeAffinityWithCache
    - MountPropagationInjector
    - DatasetUsageInjector
    withoutDataset:
    - PreferNodesWithoutCache
  serverless:
    withDataset:
    - FilePrefetcher
    - FuseSidecar
    - DatasetUsageInjector
    withoutDataset: []
pluginConfig:
  - name: NodeAffinityWithCache
    args: |
      preferred:
        # fluid built-in name
        - name: fluid.io/node
          weight: 100
        - name: topology.kubernetes.io/zone
          weight: 50
      required:
        - fluid.io/node
`;

const empty = { withDataset: [], withoutDataset: [] };
const place = { namespace: "fluid-system", name: "webhook-plugins" };

function args(text: string): string {
  return `pluginConfig: [{name: NodeAffinityWithCache, args: ${JSON.stringify(text)}}]`;
}

/** Each line holds ten times the one before it. */
const bomb = [..."bcdefghijz"]
  .map((key, at) => `${key}: &${key} [${`*${"abcdefghij"[at]},`.repeat(10)}]\n`)
  .join("");

describe("a plugin profile", () => {
  it("is read as Fluid reads it", () => {
    expect(readPluginProfile(usual)).toEqual({
      problems: [],
      pipelines: {
        serverful: {
          withDataset: [
            "FilePrefetcher",
            "RequireNodeWithFuse",
            "NodeAffinityWithCache",
            "MountPropagationInjector",
            "DatasetUsageInjector",
          ],
          withoutDataset: ["PreferNodesWithoutCache"],
        },
        serverless: {
          withDataset: ["FilePrefetcher", "FuseSidecar", "DatasetUsageInjector"],
          withoutDataset: [],
        },
        tiers: {
          preferred: [
            { name: "fluid.io/node", weight: 100 },
            { name: "topology.kubernetes.io/zone", weight: 50 },
          ],
          required: ["fluid.io/node"],
        },
      },
    });
  });

  const nothing = { serverful: empty, serverless: empty, tiers: { preferred: [], required: [] } };
  const rack = { preferred: [{ name: "rack", weight: 7 }], required: [] };
  it.each<[string, string, object]>([
    ["an empty text", "", nothing],
    ["a comment", "# nothing yet", nothing],
    ["keys that nobody knows", "plugins: {other: {withDataset: 7}, serverful: {x: y}}\nmore: [1]", nothing],
    ["keys without a value", "plugins: {serverful: , serverless: {withDataset: }}\npluginConfig:", nothing],
    ["arguments of other plugins", "pluginConfig: [{name: FuseSidecar, args: '['}, {name: other}]", nothing],
    ["a plugin without arguments", "pluginConfig: [{name: NodeAffinityWithCache}]", nothing],
    ["empty arguments", args(""), nothing],
    [
      "arguments that are no text",
      `${args("").slice(0, -5)} {preferred: [{name: rack, weight: 7}]}}]`,
      { ...nothing, tiers: rack },
    ],
    [
      "arguments given twice, of which the last count",
      "pluginConfig:\n- {name: NodeAffinityWithCache, args: 'required: [a]'}\n- {name: NodeAffinityWithCache, args: 'preferred: [{name: rack, weight: 7}]'}",
      { ...nothing, tiers: rack },
    ],
    [
      "a step that ends the pipeline",
      "plugins: {serverful: {withDataset: [DatasetUsageInjector, PreferNodesWithoutCache, RequireNodeWithFuse]}}",
      {
        ...nothing,
        serverful: { withDataset: ["DatasetUsageInjector", "PreferNodesWithoutCache"], withoutDataset: [] },
      },
    ],
  ])("may be %s", (_, text, pipelines) => {
    expect(readPluginProfile(text)).toEqual({ pipelines, problems: [] });
  });

  it.each<[string, string, RegExp]>([
    ["no YAML", "plugins: [", /^it is no YAML: /],
    ["a text", "plugins", /must be a mapping with the keys/],
    ["a list", "[a]", /must be a mapping/],
    [
      "an endless list",
      "plugins: {serverful: {withDataset: &a [*a]}}",
      /an entry that is no text is no plugin/,
    ],
    ["far more than its text", `a: &a [x]\n${bomb}plugins: *z`, /^it is no YAML: /],
    ["too long", `# ${"x".repeat(70_000)}`, /longer than 65536 characters/],
    ["steps that are no mapping", "plugins: [FuseSidecar]", /^plugins: must be a mapping/],
    [
      "a mode that is no mapping",
      "plugins: {serverless: FuseSidecar}",
      /^plugins\.serverless: must be a mapping/,
    ],
    [
      "a step that is no list",
      "plugins: {serverless: {withDataset: FuseSidecar}}",
      /withDataset: must be a list/,
    ],
    [
      "an unknown plugin",
      "plugins: {serverless: {withDataset: [FuseSideCar]}}",
      /^plugins\.serverless\.withDataset: "FuseSideCar" is no plugin: use some of .*FuseSidecar/,
    ],
    [
      "a plugin that is no text",
      "plugins: {serverless: {withoutDataset: [7]}}",
      /an entry that is no text is no plugin/,
    ],
    [
      "a sidecar for serverful pods, by which Fluid never ends",
      "plugins: {serverful: {withDataset: [FuseSidecar]}}",
      /FuseSidecar is for serverless pods only/,
    ],
    ["arguments that are no list", "pluginConfig: {}", /^pluginConfig: must be a list/],
    ["arguments that are no YAML", args("preferred: ["), /NodeAffinityWithCache, args: it is no YAML/],
    ["arguments that are a text", args("preferred"), /args: it must be a mapping/],
    ["a tier without a name", args("preferred: [{weight: 1}]"), /preferred: an entry has no name/],
    ["a tier without a weight", args("preferred: [{name: rack}]"), /rack has no weight from 1 to 100/],
    ["a weight of 0", args("preferred: [{name: rack, weight: 0}]"), /rack has no weight/],
    ["a weight of 101", args("preferred: [{name: rack, weight: 101}]"), /rack has no weight/],
    ["half a weight", args("preferred: [{name: rack, weight: 1.5}]"), /rack has no weight/],
    ["a required tier without a name", args("required: [{name: rack}]"), /required: an entry has no name/],
    ["tiers that are no list", args("required: rack"), /required: must be a list/],
  ])("cannot be, or hold, %s", (_, text, problem) => {
    const reading = readPluginProfile(text);
    expect(reading.problems[0]).toMatch(problem);
    expect(reading).not.toHaveProperty("pipelines");
  });

  it("names all of its problems", () => {
    const text = `plugins: {serverful: {withDataset: [A, B]}}\n${args("preferred: [{name: rack}]")}`;
    expect(readPluginProfile(text).problems).toHaveLength(3);
  });

  it("is a ConfigMap with one key", () => {
    expect(projectPluginProfile({ data: { pluginsProfile: "" } }, place)).toMatchObject({
      ...place,
      problems: [],
      pipelines: nothing,
    });
    expect(projectPluginProfile({ data: { other: "" } }, place)).toEqual({
      ...place,
      problems: ["its data has no key pluginsProfile"],
    });
  });
});

describe("a profile that becomes unreadable", () => {
  const of = (text: string): { kind: "PluginProfile"; object: PluginProfile } => ({
    kind: "PluginProfile",
    object: projectPluginProfile({ data: { pluginsProfile: text } }, place),
  });
  const found = (store: ObjectStore) => store.pluginProfile(place.namespace, place.name);
  const good = of(usual).object;

  it("leaves the last good one in force, until there is another good one", () => {
    const store = new ObjectStore();
    store.upsert(of(usual));
    expect(found(store)).toEqual(good);
    store.upsert(of("plugins: ["));
    expect(found(store)).toMatchObject({ pipelines: good.pipelines });
    expect(found(store)?.problems).toHaveLength(1);
    store.upsert(of("plugins: 7"));
    expect(found(store)).toMatchObject({
      pipelines: good.pipelines,
      problems: ["plugins: must be a mapping"],
    });
    store.upsert(of(""));
    expect(found(store)).toMatchObject({ problems: [], pipelines: { serverful: empty } });
  });

  it("leaves nothing in force where there was no good one, or it was deleted", () => {
    const store = new ObjectStore();
    store.upsert(of("plugins: ["));
    expect(found(store)).not.toHaveProperty("pipelines");
    store.upsert(of(usual));
    store.delete(of(usual));
    expect(found(store)).toBeUndefined();
    store.upsert(of("plugins: ["));
    expect(found(store)).not.toHaveProperty("pipelines");
  });

  it("is kept by a store that takes over another's objects", () => {
    const store = new ObjectStore();
    store.upsert(of(usual));
    const bad = new ObjectStore();
    bad.upsert(of("plugins: ["));
    store.adopt(bad);
    expect(found(store)).toMatchObject({ pipelines: good.pipelines });
    const gone = new ObjectStore();
    store.adopt(gone);
    expect(found(store)).toBeUndefined();
  });

  it("says what counts meanwhile", () => {
    const store = new ObjectStore();
    const bad = of("plugins: {serverful: {withDataset: [A, B]}}");
    expect(describeBadProfile(bad.object)).toMatch(
      /^ConfigMap fluid-system\/webhook-plugins, which is no valid plugin profile, so Sluice's own defaults count: plugins\.serverful.*"A" is no plugin.*\(and 1 more\)$/,
    );
    store.upsert(of(usual));
    store.upsert(bad);
    const profile = found(store);
    expect(profile && describeBadProfile(profile)).toContain("the last good one goes on to count");
  });
});

describe("labels of nodes, counted by their value", () => {
  const nodes = new Map<string, { labels: Record<string, string> }>();
  const labels = new NodeLabels();
  const put = (name: string, after?: Record<string, string>) => {
    labels.change(nodes.get(name)?.labels, after);
    if (after === undefined) nodes.delete(name);
    else nodes.set(name, { labels: after });
  };
  const zones = () => Object.fromEntries(labels.countByValue("zone", nodes.values()));

  it("follow every change", () => {
    expect(zones()).toEqual({});
    put("a", { zone: "x", disk: "ssd" });
    put("b", { zone: "x" });
    put("c", {});
    expect([zones(), labels.count("zone")]).toEqual([{ x: 2 }, 2]);
    put("b", { zone: "y" });
    expect([zones(), labels.count("zone")]).toEqual([{ x: 1, y: 1 }, 2]);
    put("c", { zone: "y", disk: "hdd" });
    put("a", { disk: "ssd" });
    expect([zones(), labels.count("zone"), labels.count("disk")]).toEqual([{ y: 2 }, 2, 2]);
    put("b");
    put("c");
    expect([zones(), labels.count("zone"), labels.count("disk")]).toEqual([{}, 0, 1]);
  });

  it("are gone through once, as long as none of their values changes", () => {
    put("a", { zone: "x" });
    const first = labels.countByValue("zone", nodes.values());
    put("a", { zone: "x", other: "label" });
    expect(labels.countByValue("zone", nodes.values())).toBe(first);
    put("a", { zone: "z" });
    expect(labels.countByValue("zone", nodes.values())).not.toBe(first);
  });
});
