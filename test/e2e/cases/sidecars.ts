import { expect, it, onTestFinished } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { type Fields, listAt } from "../harness/fields.ts";
import { addNode } from "../harness/nodes.ts";
import { clientsOf, podOf, podSpecOf, statusOf } from "../harness/pods.ts";
import type { TestCluster } from "../harness/test-cluster.ts";

const demoPods = "/api/v1/namespaces/demo/pods";

export function sidecarCases(cluster: () => TestCluster): void {
  it("a node with an old kubelet makes clients classic, but for pods that cannot reach it", async () => {
    const node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "old", labels: { "kubernetes.io/hostname": "old" } },
      status: { nodeInfo: { kubeletVersion: "v1.28.15" } },
    };
    expect(kindOf(await tryPod(cluster(), {}))).toBe("native");
    const removed = async () => {
      await cluster().api.remove("/api/v1/nodes/old");
      await eventually("the node is gone", async () => kindOf(await tryPod(cluster(), {})) === "native");
    };
    onTestFinished(removed);
    await addNode(cluster().api, node);
    const pod = await eventually("the node is seen", async () => {
      const made = await tryPod(cluster(), {});
      return kindOf(made) === "classic" ? made : undefined;
    });
    expect(clientsOf(pod)).toEqual(["fluid-fuse-0"]);
    expect(kindOf(await tryPod(cluster(), { "kubernetes.io/hostname": "node-a" }))).toBe("native");
    expect(kindOf(await tryPod(cluster(), { "kubernetes.io/hostname": "old" }))).toBe("classic");
    await removed();
  });
}

function tryPod(cluster: TestCluster, nodeSelector: Readonly<Record<string, string>>): Promise<Fields> {
  const pod = podOf(undefined, { claims: ["imagenet"] });
  const spec = { ...podSpecOf(["imagenet"]), nodeSelector };
  return cluster.api.create(`${demoPods}?dryRun=All`, { ...pod, spec });
}

/** How the pod's one client was put in. */
function kindOf(pod: Fields): "native" | "classic" {
  expect(statusOf(pod)).toMatchObject({ verdict: "injected" });
  const client = listAt(pod, "spec", "initContainers").find(({ name }) => name === "fluid-fuse-0");
  if (client === undefined) {
    expect(listAt(pod, "spec", "containers").map(({ name }) => name)).toContain("fluid-fuse-0");
    return "classic";
  }
  expect(client["restartPolicy"]).toBe("Always");
  return "native";
}
