import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { defaultConfig, parseConfig } from "../../src/config.ts";
import { version } from "../../src/version.ts";
import { chartFolder } from "./install-file.ts";

const read = (file: string) => readFileSync(posix.join(chartFolder, file), "utf8");
const valuesText = read("values.yaml");
const values = parse(valuesText);
const schema = JSON.parse(read("values.schema.json"));
const check = z.fromJSONSchema(schema);

function accepts(change: object): boolean {
  return check.safeParse({ ...values, ...change }).success;
}

/** Keys of the schema's objects, and those of the values, each as a path. */
function schemaPaths(part: { properties?: Record<string, object> }, path = ""): string[] {
  return Object.entries(part.properties ?? {}).flatMap(([key, inner]) => [
    `${path}${key}`,
    ...schemaPaths(inner, `${path}${key}.`),
  ]);
}

function valuePaths(part: unknown, path = ""): string[] {
  if (typeof part !== "object" || part === null || Array.isArray(part)) return [];
  return Object.entries(part).flatMap(([key, inner]) => [
    `${path}${key}`,
    ...valuePaths(inner, `${path}${key}.`),
  ]);
}

describe("the chart's values", () => {
  it("are those of the schema, and none besides", () => {
    // Filled in by users only, or with keys of their own.
    const open =
      /^(config|nodeSelector|((controllers|console)\.)?resources|certificates\.certManager\.issuerRef)\.|^global$/;
    const stated = valuePaths(values).filter((path) => !open.test(path));
    expect(stated.sort()).toEqual(
      schemaPaths(schema)
        .filter((path) => !open.test(path))
        .sort(),
    );
    expect(accepts({})).toBe(true);
  });

  it("are each explained by a comment", () => {
    const lines = valuesText.split("\n");
    const bare = lines.filter((line, index) => {
      const value = /^( *)[a-zA-Z]+: *\S/.exec(line);
      if (value === null) return false;
      const above = lines.slice(0, index).findLastIndex((other) => /^ *#/.test(other));
      // One comment may stand above a few lines that belong together.
      return above < 0 || lines.slice(above, index).includes("");
    });
    expect(bare).toEqual([]);
  });

  it.each([
    { replicas: 0 },
    { unknown: 1 },
    { policy: { enabled: "yes" } },
    { policy: { actions: ["Deny", "Warn"] } },
    { webhook: { failurePolicy: "fail" } },
    { webhook: { timeoutSeconds: 31 } },
    { ports: { webhook: 443 } },
    { certificates: { source: "vault" } },
    { image: { digest: "latest" } },
  ])("%j is refused", (change) => {
    expect(accepts(change)).toBe(false);
  });

  it.each([
    { policy: { enabled: false, actions: ["Warn", "Audit"] } },
    { webhook: { matchConditions: false } },
    { podDisruptionBudget: { maxUnavailable: "50%" } },
    { certificates: { source: "cert-manager" } },
  ])("%j is taken", (change) => {
    expect(accepts(change)).toBe(true);
  });
});

describe("the configuration among the values", () => {
  it("has the keys of the configuration file", () => {
    // Where the plugin profile is, and what is about JuiceFS, are values of their own.
    const { pluginProfile: _profile, juicefs: _juicefs, ...inConfig } = defaultConfig;
    const known = [...Object.keys(inConfig), "kubernetesVersion", "platformLabel", "prefetchImage"];
    expect(Object.keys(schema.properties.config.properties).sort()).toEqual(known.sort());
    // Of the certificates only their lives: the chart knows the rest.
    // Whether controllers run is a value of its own, too.
    const { certificates: _, controllers: _controllers, ...config } = inConfig;
    expect(accepts({ config })).toBe(true);
    expect(accepts({ config: { controllers: { enabled: true } } })).toBe(false);
    expect(accepts({ config: { certificates: { source: "files" } } })).toBe(false);
  });

  it.each([
    { mode: "csi" },
    { mode: "both" },
    { kubernetesVersion: "1.33" },
    { kubernetesVersion: "new" },
    { clientResources: { requests: { cpu: "1", memory: "1Gi" } } },
    {
      clientResources: {
        requests: { cpu: "1", memory: "1Gi" },
        limits: { cpu: "1", memory: "lots" },
      },
    },
    { cacheTiers: { preferred: [{ name: "fluid.io/node", weight: 101 }], required: [] } },
    { cacheTiers: { preferred: [], required: [] } },
    { clientResources: { requests: { cpu: 1, memory: "1Gi" }, limits: { cpu: 2, memory: "1Gi" } } },
    { certificates: { servingLife: "10d", authorityLife: "100d", overlap: "2m" } },
    { certificates: { servingLife: 10 } },
    { classicHoldSeconds: -1 },
    { gateSeconds: 30 },
    { gateSeconds: 301 },
    { maxReviewsInWork: 0 },
    { maxReviewsInWork: 1.5 },
    { meshProxies: "istio-proxy" },
    { controllers: { sidecars: ["logs"], cacheWaitLimit: "2h" } },
    { controllers: { cacheWaitLimit: 7200 } },
    { controllers: { cacheWaitLimit: "soon" } },
    { logLevel: "loud" },
    { unknown: true },
  ])("%j is judged as serve judges it", (config) => {
    expect(accepts({ config })).toBe(valid(config));
  });
});

function valid(config: unknown): boolean {
  try {
    parseConfig(config);
    return true;
  } catch {
    return false;
  }
}

it("the chart is for this version", () => {
  const chart = parse(read("Chart.yaml"));
  expect([chart.version, chart.appVersion]).toEqual([version, version]);
});
