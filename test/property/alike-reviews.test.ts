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

/** What somebody who writes reviews by hand may put anywhere between the parts of one. */
const insertions = [
  " ",
  '"a"',
  ',"name":"data"',
  ',"hostname":"train-0"',
  ',"name":"kube-api-access-aaxx0"',
  ',"labels":{"fluid.io/enable-injection":"false"}',
  ',"annotations":{"sluice.io/mode":"csi"}',
  ' ,"annotations":{"sluice.io/mode":"csi"}',
  '},"metadata":{"annotations":{"sluice.io/mode":"csi"}',
  '}},"object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"train-0"',
  ',"containers":[]',
  ',"volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"models"}}]',
  ',"namespace":"other"',
  ',"dryRun":true',
];

/** Where the parts of a text begin and end, those of its history above all, which is left out of what is asked. */
function joints(text: string): number[] {
  const places = [...text.matchAll(/[\]}](?=[,\]}])/g)].map(({ index }) => index + 1);
  const [from, to] = [text.indexOf('"managedFields"'), text.indexOf(',"spec":{')];
  const ofHistory = places.filter((place) => place > from && place < to);
  return [...places, ...ofHistory, ...ofHistory, ...ofHistory];
}

it(`no text that somebody else has sent changes what a pod gets (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryServablePod,
      fc.array(fc.record({ where: fc.nat(), what: fc.constantFrom(...insertions) }), {
        minLength: 1,
        maxLength: 2,
      }),
      async (pod, inserted) => {
        const text = JSON.stringify(reviewOf(numbered(pod, 0, "train")));
        const places = joints(text);
        let forged = text;
        for (const { where, what } of inserted) {
          const at = places[where % places.length] ?? 0;
          forged = forged.slice(0, at) + what + forged.slice(at);
        }
        const ask = newAnswerer();
        // Most of what is forged is no JSON, or no pod.
        for (let time = 0; time < 3; time++) await ask(forged, 1_000).catch(() => undefined);
        const alone = await newAnswerer()(text, 1_000);
        expect(String((await ask(text, 1_000)).json)).toBe(String(alone.json));
      },
    ),
    { seed, numRuns: 200 },
  );
});
