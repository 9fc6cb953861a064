import { expect, it } from "vitest";
import { decide } from "../../src/admission/decide.ts";
import { decodeReview } from "../../src/admission/decode-review.ts";
import { defaultConfig } from "../../src/config.ts";
import { sampleCluster, sampleReview } from "../../src/server/warm-up-sample.ts";

it.each([
  [undefined, "injected"],
  ["of-no-dataset", "rejected"],
])("the sample review of claim %s is %s, so that warming up goes the whole way", (claimName, verdict) => {
  const { request } = decodeReview(JSON.parse(sampleReview(claimName)));
  expect(decide(request, sampleCluster.view, defaultConfig).verdict).toBe(verdict);
});
