import fc from "fast-check";
import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { defaultConfig } from "../../src/config.ts";
import { createAnswerer } from "../../src/server/answer-text.ts";
import { completeCluster } from "../support/arbitrary-cluster.ts";
import { arbitraryServablePod } from "../support/arbitrary-pod.ts";
import { reviewOf } from "../support/review-builder.ts";

const seed = 20261122;
const view = completeCluster();

function newAnswerer() {
  const cluster = { view, refresh: async () => false, close: async () => {} };
  const onError = (error: unknown) => {
    throw error;
  };
  return createAnswerer({ cluster, config: defaultConfig, onError });
}

/** What a controller and the API server may make of a pod's template for the pod number `index`. */
function numbered({ metadata, spec, ...rest }: Pod, index: number, workload: string): Pod {
  const name = `${workload}-${index}`;
  const number = String(index);
  const token = { name: `kube-api-access-aaa${number.padStart(2, "x")}`, projected: { sources: [] } };
  return {
    kind: "Pod",
    apiVersion: "v1",
    ...rest,
    metadata: {
      name,
      generateName: `${name}-`,
      ...metadata,
      labels: {
        ...metadata?.labels,
        "apps.kubernetes.io/pod-index": number,
        "batch.kubernetes.io/job-completion-index": number,
        "statefulset.kubernetes.io/pod-name": name,
      },
      managedFields: [{ manager: "kube-controller-manager", time: `2026-11-20T09:30:0${index}Z` }],
    },
    spec: {
      ...spec,
      containers: spec?.containers ?? [],
      volumes: [...(spec?.volumes ?? []), token],
      securityContext: {},
      hostname: name,
    },
  };
}

describe(`pods of one template (seed ${seed})`, () => {
  it("get the very answers that each would get alone", async () => {
    let alike = 0;
    await fc.assert(
      // Names such as those of claims, volumes and containers are in it.
      fc.asyncProperty(
        arbitraryServablePod,
        fc.constantFrom("train", "data", "app"),
        async (pod, workload) => {
          const { name: _, ...metadata } = pod.metadata ?? {};
          const ask = newAnswerer();
          for (let index = 0; index < 4; index++) {
            const text = JSON.stringify(reviewOf(numbered({ ...pod, metadata }, index, workload)));
            const [{ json, outcome }, alone] = [await ask(text, 1_000), await newAnswerer()(text, 1_000)];
            expect(String(json)).toBe(String(alone.json));
            expect({ ...outcome, alike: false }).toEqual(alone.outcome);
            if (outcome.alike) alike += 1;
          }
        },
      ),
      { seed, numRuns: 60 },
    );
    expect(alike, "reviews that were answered as the one before").toBeGreaterThan(20);
  });
});
