import { readFileSync } from "node:fs";
import { eventually } from "../../e2e/harness/eventually.ts";
import { fluidCrds } from "../../e2e/harness/fluid-crds.ts";
import { addObject, parseObjects } from "../../e2e/harness/objects.ts";
import { addBooks, addJuiceFs } from "./datasets.ts";
import { nodeImages } from "./node-images.ts";
import { RealNode } from "./real-node.ts";
import { installSluice } from "./sluice-on-node.ts";
import { startStorage } from "./storage.ts";

/** What every source holds at first. */
export const content: Readonly<Record<string, string>> = {
  "hello.txt": "hello\n",
  "train/part-0": "0".repeat(3_000_000),
  "train/part-1": "1".repeat(1_000_000),
  "models/small/weights": "weights\n",
};

/** A node with Sluice, its datasets and their storage. The arguments are folders of programs, and the built command. */
export async function prepareNode(plane: string, programs: string, sluice: string): Promise<RealNode> {
  const node = await RealNode.start(plane, programs);
  try {
    const images = nodeImages(programs, sluice);
    const storage = startStorage(node, content);
    for (const image of images) await node.addImage(image);
    for (const crd of fluidCrds()) await addObject(node.api, { ...crd });
    await installSluice(node);
    await storage;
    const namespace = readFileSync(new URL("../cluster/namespace.yaml", import.meta.url), "utf8");
    for (const object of parseObjects(namespace)) await addObject(node.api, object);
    await eventually("namespace data can be used", () =>
      node.api.get("/api/v1/namespaces/data/serviceaccounts/default"),
    );
    await Promise.all([
      addJuiceFs(node, "training", { source: "training" }),
      addJuiceFs(node, "scratch", { source: "scratch" }),
      addJuiceFs(node, "slow", { source: "training", before: "sleep 10" }),
      addJuiceFs(node, "broken", {
        source: "training",
        before: "echo the storage cannot be reached >&2; exit 3",
      }),
      addJuiceFs(node, "probed", {
        source: "training",
        container: { livenessProbe: { exec: { command: ["false"] }, periodSeconds: 1, failureThreshold: 1 } },
      }),
      // Reads far ahead, and keeps all of it in memory.
      addJuiceFs(node, "crowded", { source: "training", options: "cache-size=0,buffer-size=300,prefetch=8" }),
      addBooks(node),
    ]);
    return node;
  } catch (error) {
    await node.close();
    throw error;
  }
}
