import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RawObject } from "../../src/cluster/raw-fields.ts";
import { defaultConfig } from "../../src/config.ts";
import { sharingReader } from "../../src/console/alike-parts.ts";
import { decidedPart } from "../../src/console/decided-part.ts";
import { readPodRecord } from "../../src/console/pod-record.ts";
import { judgeMissed } from "../../src/controllers/audit/missed-pod.ts";
import { completeCluster } from "../support/arbitrary-cluster.ts";
import { arbitraryServablePod } from "../support/arbitrary-pod.ts";
import { plainPod } from "./injected-pod.ts";
import { serveConsole } from "./serve-console.ts";

const cluster = completeCluster();
const judge = (raw: RawObject) => judgeMissed(raw, cluster, defaultConfig);
const mb = "x".repeat(1_000_000);
const asking = { "sluice.io/inject": "true" };

type Parts = Readonly<Record<string, RawObject>>;

/** The pod with more of its metadata, its spec or its container. */
function bulky(raw: RawObject, { metadata, spec, container }: Parts): RawObject {
  const { containers = [], ...rest } = Object(raw["spec"]);
  const grown = containers.map((one: RawObject) => ({ ...one, ...container }));
  return {
    ...raw,
    metadata: { ...Object(raw["metadata"]), ...metadata },
    spec: { ...rest, ...spec, containers: grown },
  };
}

const numbered = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Where a pod can be large. */
const bulks: readonly (readonly [string, Parts])[] = [
  ["arguments", { container: { args: ["-c", mb] } }],
  ["a command", { container: { command: ["sh", "-c", mb] } }],
  ["a variable", { container: { env: [{ name: "CONFIG", value: mb }] } }],
  [
    "what was applied",
    { metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": mb } } },
  ],
  ["an annotation", { metadata: { annotations: { note: mb } } }],
  ["managed fields", { metadata: { managedFields: [{ fieldsV1: { [mb]: {} } }] } }],
];
const structures: readonly (readonly [string, Parts])[] = [
  [
    "many variables",
    { container: { env: numbered(40_000, (index) => ({ name: `VARIABLE_${index}`, value: "x" })) } },
  ],
  [
    "many claims",
    {
      spec: {
        volumes: numbered(15_000, (at) => ({
          name: `v-${at}`,
          persistentVolumeClaim: { claimName: `c-${at}` },
        })),
      },
    },
  ],
  ["an annotation of ours", { metadata: { annotations: { "sluice.io/prefetch": mb } } }],
];

describe("the part of a pod that decides whether it was missed", () => {
  it("decides as the whole pod does", () => {
    let found = 0;
    const bulk = fc.constantFrom(...bulks.slice(0, 3).map(([, parts]) => parts));
    fc.assert(
      fc.property(arbitraryServablePod, bulk, (pod, parts) => {
        const inDefault = { ...pod, metadata: { ...pod.metadata, namespace: "default" } };
        const raw = JSON.parse(JSON.stringify(bulky(inDefault, parts)));
        const whole = judge(raw);
        const part = decidedPart(raw);
        if (whole !== undefined) found += 1;
        expect(part && judge(part)).toEqual(whole);
      }),
      { seed: 20261123, numRuns: 60 },
    );
    expect(found).toBeGreaterThan(10);
  });

  it.each(bulks)("is small for a pod whose size is %s", (_what, parts) => {
    const part = decidedPart(bulky(plainPod("big"), parts));
    expect(JSON.stringify(part).length).toBeLessThan(1_000);
  });

  it.each(structures)("is not kept of a pod with %s, which is judged when it comes", (_what, parts) => {
    const raw = bulky(plainPod("big"), parts);
    expect(decidedPart(raw)).toBeUndefined();
    const missed = { refusal: undefined, remedy: "make it anew" };
    const record = readPodRecord(raw, () => missed);
    expect([record?.raw, record?.judged]).toEqual([undefined, { missed }]);
    expect(JSON.stringify(record).length).toBeLessThan(40_000);
  });

  it.each([
    [{ metadata: 3, spec: "x" }],
    [{ spec: { containers: [1, "x", null], initContainers: {} } }],
    [{}],
  ])("is made of %j, which is no pod", (raw) => {
    expect(JSON.stringify(decidedPart(raw))).toContain('"kind":"Pod"');
  });

  it("of many pods of a megabyte stays small", { timeout: 300_000 }, () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const usedMb = () => {
      collect();
      return process.memoryUsage().heapUsed / 1e6;
    };
    const kinds = [...bulks, ...structures].map(([, parts]) => parts);
    const read = sharingReader(() => undefined);
    const texts = kinds.map((parts) => JSON.stringify(bulky(plainPod("NAME"), parts)));
    const before = usedMb();
    const kept = numbered(150, (index) =>
      read(JSON.parse((texts[index % texts.length] ?? "").replace("NAME", `p-${index}`))),
    );
    const used = usedMb() - before;
    console.log(`${kept.length} pods of 1 MB: ${used.toFixed(1)} MB kept`);
    expect(kept.every((record) => record !== undefined)).toBe(true);
    expect(used).toBeLessThan(30);
  });

  it("of a very large one is shown as of any other", async () => {
    const served = await serveConsole();
    const env = numbered(40_000, (index) => ({ name: `VARIABLE_${index}`, value: "x" }));
    served.put(bulky(plainPod("huge", { labels: asking }), { container: { env } }));
    served.put(bulky(plainPod("long", { labels: asking }), { container: { args: [mb] } }));
    const { body } = await served.get("/api/v1/pods?service=missed");
    expect(Object(body)["pods"].map(({ name }: { name: string }) => name)).toEqual(["huge", "long"]);
    await served.close();
  });
});
