import { expect, it } from "vitest";
import { describeDecision } from "../../src/cli/describe-decision.ts";
import { clusterOf } from "../support/cluster-of.ts";
import { decidePod, podWith } from "../support/decide-pod.ts";
import { fluidDataset, objectsOf } from "../support/fluid-dataset.ts";
import { referenceTo } from "../support/reference-dataset.ts";

const physical = fluidDataset("imagenet", "juicefs", "vision");
const cluster = clusterOf(objectsOf(physical, referenceTo(physical, "mine", "default"), fluidDataset("own")));

it.each([
  ["serverless.fluid.io/inject", ", served by container fluid-fuse-0 (injected)"],
  ["fuse.serverful.fluid.io/inject", " (left-to-csi)"],
])("names the dataset behind one that only refers to it: %s", (label, how) => {
  const pod = podWith(["mine", "own"]);
  const asking = { ...pod, metadata: { ...pod.metadata, labels: { [label]: "true" } } };
  const decision = decidePod(asking, cluster, {
    references: { unlessStated: "allow", missingObjects: "warn" },
  });
  const text = describeDecision("Pod default/p", decision, asking, (_style, words) => words).replace(
    /\s+/g,
    " ",
  );
  expect(text).toContain(`mine is Dataset default/mine, which refers to Dataset vision/imagenet${how}`);
  expect(text).toContain("own is Dataset default/own");
  expect(text).not.toContain("Dataset default/own, which refers");
});
