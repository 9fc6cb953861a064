import fc from "fast-check";
import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { defaultConfig, parseConfig } from "../../src/config.ts";
import { readBefore } from "../../src/pod/take-out/before-injection.ts";
import { takeOut } from "../../src/pod/take-out/take-out.ts";
import { fillIn } from "../support/api-server-model.ts";
import { completeCluster } from "../support/arbitrary-cluster.ts";
import { arbitraryServablePod } from "../support/arbitrary-pod.ts";
import { decidePod } from "../support/decide-pod.ts";

const seed = 20261123;
const cluster = completeCluster();
const settings = (numRuns: number) => ({ seed, numRuns });

/** Marks that a copied pod may bring along: no manifest is better with them. */
const copiedMarks = ["sluice.io/status", "sluice.io/end"];

/** On ordinary nodes, and on platforms where clients mount straight into the app's volumes. */
const configs = [
  defaultConfig,
  ...["eci", "vci", "bci", "cci"].map((name) =>
    parseConfig({ platform: name, platforms: { [name]: { mount: { subPaths: true } } } }),
  ),
];
const anyConfig = fc.constantFrom(...configs);

/** The pod as injected, and as it comes back; pods that are refused or left alone are not looked at. */
function thereAndBack(
  pod: Pod,
  config = defaultConfig,
): { readonly injected: Pod; readonly back: ReturnType<typeof takeOut> } {
  const { verdict, pod: injected } = decidePod(pod, cluster, config);
  fc.pre(verdict === "injected" && injected.metadata?.annotations?.["sluice.io/status"] !== undefined);
  return { injected, back: takeOut(injected) };
}

describe(`what is taken out of an injected pod again (seed ${seed})`, () => {
  it("leaves the pod as it came, exactly", () => {
    let looked = 0;
    fc.assert(
      fc.property(arbitraryServablePod, anyConfig, (pod, config) => {
        const { injected, back } = thereAndBack(pod, config);
        fc.pre(readBefore(injected.metadata?.annotations?.["sluice.io/status"]) !== undefined);
        looked += 1;
        expect(back.blocking).toEqual([]);
        expect(back.notes).toEqual([]);
        expect(meaningOf(back.pod)).toEqual(meaningOf(pod));
      }),
      settings(300),
    );
    expect(looked).toBeGreaterThan(200);
  });

  it("leaves it as the API server had it, which fills in what the pod and its clients do not state", () => {
    fc.assert(
      fc.property(arbitraryServablePod.map(fillIn), anyConfig, (pod, config) => {
        const { injected } = thereAndBack(pod, config);
        const stored = fillIn(injected);
        const again = decidePod(stored, cluster, config);
        expect(meaningOf(takeOut(fillIn(again.pod)).pod)).toEqual(meaningOf(pod));
      }),
      settings(200),
    );
  });

  it("is decided about as the pod was", () => {
    fc.assert(
      fc.property(arbitraryServablePod, (pod) => {
        const { injected, back } = thereAndBack(pod);
        expect(meaningOf(decidePod(back.pod, cluster).pod)).toEqual(meaningOf(injected));
      }),
      settings(100),
    );
  });

  it("never fails on a status that somebody else wrote, and makes the same of one that is no status", () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    const parts = ["volumes", "mounts", "labels", "annotations", "pullSecrets", "dns", "affinity", "spread"];
    const record = fc.dictionary(fc.constantFrom(...parts), json);
    fc.assert(
      fc.property(arbitraryServablePod, fc.oneof(json, record), (pod, before) => {
        const { injected } = thereAndBack(pod);
        const stated = JSON.parse(injected.metadata?.annotations?.["sluice.io/status"] ?? "{}");
        const withStatus = (status: unknown): Pod => {
          const annotations = {
            ...injected.metadata?.annotations,
            "sluice.io/status": JSON.stringify(status),
          };
          return { ...injected, metadata: { ...injected.metadata, annotations } };
        };
        const forged = withStatus({ ...stated, before });
        const out = takeOut(forged);
        expect(out.edits.length > 0).toBe(out.blocking.length === 0);
        if (readBefore(forged.metadata?.annotations?.["sluice.io/status"]) !== undefined) return;
        const { before: _, ...without } = stated;
        const same = takeOut(withStatus(without));
        expect(meaningOf(out.pod)).toEqual(meaningOf(same.pod));
      }),
      settings(300),
    );
  });
});

/** A pod without empty lists and maps, which are as good as none, and without the marks of another pod. */
function meaningOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaningOf);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key]) => !copiedMarks.includes(key))
    .map(([key, member]) => [key, meaningOf(member)] as const)
    .filter(([, member]) => !isEmpty(member));
  return Object.fromEntries(entries);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
