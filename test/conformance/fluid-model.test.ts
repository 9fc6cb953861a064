import { rm } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { isPartOf } from "./difference-rules.ts";
import { differences } from "./meaning.ts";
import { answerOfFluid } from "./model/fluid-webhook.ts";
import { haveRecordings, type RecordedCase, recordedCases, recordedClusters } from "./recorded-cases.ts";

/** What the model leaves out: the file prefetcher, and host paths with random parts. */
function isModelled({ review }: RecordedCase): boolean {
  const annotations = review.request.object.metadata?.annotations ?? {};
  return (
    annotations["file-prefetcher.fluid.io/inject"] === undefined &&
    annotations["default.fuse-sidecar.fluid.io/host-mount-path-mode"] === undefined
  );
}

describe("the model of Fluid's webhook answers as the real one did", () => {
  const { cases } = recordedCases();
  const clusters = haveRecordings ? recordedClusters(cases.filter(isModelled)) : [];
  afterAll(() => Promise.all(clusters.map(({ folder }) => rm(folder, { recursive: true }))));
  if (!haveRecordings) it.skip("the recordings are not at hand: nothing is compared");

  const all = clusters.flatMap(({ objects, cases: inIt }) =>
    inIt.map((one) => ({ name: one.name, one, objects })),
  );
  it.each(all)("$name", ({ one, objects }) => {
    const { object, namespace } = one.review.request;
    const modelled = answerOfFluid(object, namespace, objects, one.sidecar === "native");
    expect(modelled === undefined).toBe(one.fluid === undefined);
    if (modelled === undefined || one.fluid === undefined) return;
    // The model takes no newer fields out of a pod (W2).
    const others = differences(one.fluid, modelled, object).filter(
      ({ fluid, ours, original }) => !isDeepStrictEqual(ours, original) || !isPartOf(fluid, original),
    );
    expect(others).toEqual([]);
  });
});
