import { expect } from "vitest";
import { allowed } from "./allowed.ts";
import { eventually } from "./eventually.ts";
import { at, type Fields, listAt } from "./fields.ts";
import { clientsOf, podOf } from "./pods.ts";
import type { TestCluster } from "./test-cluster.ts";

const daemonSetPath = "/apis/apps/v1/namespaces/demo/daemonsets/imagenet-fuse";

/** For so long, all pods with a known dataset get their client. */
export async function servedFor(cluster: TestCluster, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  let pods = 0;
  while (performance.now() < end) {
    expect(clientsOf(await tryServedPod(cluster))).toEqual(["fluid-fuse-0"]);
    pods++;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(pods).toBeGreaterThan(0);
}

export function tryServedPod(cluster: TestCluster): Promise<Fields> {
  const pod = podOf(undefined, { claims: ["imagenet"] });
  return cluster.api.create("/api/v1/namespaces/demo/pods?dryRun=All", pod);
}

/** The client's template gets another image: nothing but the watch tells of it, for no pod is refused. */
export async function changeImage({ api }: TestCluster, tag: string): Promise<void> {
  const path = "/spec/template/spec/containers/0/image";
  await api.patch(daemonSetPath, [{ op: "replace", path, value: `alluxio/alluxio-dev:${tag}` }], "json");
}

/** Of the clients of eight pods: whichever replica they came to. */
export async function seenImages(cluster: TestCluster): Promise<string[]> {
  const pods = await Promise.all(Array.from({ length: 8 }, () => tryServedPod(cluster)));
  const images = pods.map((pod) => {
    const client = listAt(pod, "spec", "initContainers").find(({ name }) => name === "fluid-fuse-0");
    return String(at(client, "image")).split(":")[1] ?? "";
  });
  return [...new Set(images)];
}

/** Resolves with the seconds that it took until all pods get this image, `seconds` on a machine of its own; each of them has its client all the time. */
export async function imageSeen(cluster: TestCluster, tag: string, seconds: number): Promise<number> {
  const begun = performance.now();
  await eventually(
    `all clients have the image ${tag}`,
    async () => (await seenImages(cluster)).join() === tag,
    { seconds: allowed(seconds), pauseMs: 200 },
  );
  return (performance.now() - begun) / 1000;
}
