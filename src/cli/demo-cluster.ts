import checkpoints from "../../manifests/examples/cluster/checkpoints.yaml";
import corpus from "../../manifests/examples/cluster/corpus.yaml";
import imagenet from "../../manifests/examples/cluster/imagenet.yaml";
import models from "../../manifests/examples/cluster/models.yaml";
import namespace from "../../manifests/examples/cluster/namespace.yaml";
import nodes from "../../manifests/examples/cluster/nodes.yaml";
import speech from "../../manifests/examples/cluster/speech.yaml";

/** The demo's cluster as files of manifests, by file name: the examples' own, so that both are one. */
export const demoClusterFiles: ReadonlyMap<string, string> = new Map([
  ["checkpoints.yaml", checkpoints],
  ["corpus.yaml", corpus],
  ["imagenet.yaml", imagenet],
  ["models.yaml", models],
  ["namespace.yaml", namespace],
  ["nodes.yaml", nodes],
  ["speech.yaml", speech],
]);

export const demoNamespace = "demo";

/** The claim of a dataset that is missing in the demo's cluster. */
export const missingDataset = "speech";
