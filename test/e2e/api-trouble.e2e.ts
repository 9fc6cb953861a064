import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ApiProxy, type ProxyMode } from "./harness/api-proxy.ts";
import { changeImage, imageSeen, seenImages, servedFor } from "./harness/client-image.ts";
import { clusterWithSluice, describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { textAt } from "./harness/fields.ts";
import { newNames } from "./harness/new-names.ts";
import { clientsOf, podOf } from "./harness/pods.ts";
import type { TestCluster } from "./harness/test-cluster.ts";

/** Of two replicas, each of which watches namespaces, nodes, claims, volumes, DaemonSets and Fluid's kinds. */
const leastWatches = 16;

describeCluster("between Sluice and the API server", clusterWithSluice, (cluster) => {
  let proxy: ApiProxy | undefined;
  const mode = async (name: ProxyMode) => (await proxy?.turn(name)) ?? 0;
  const newName = newNames();

  beforeAll(async () => {
    proxy = await ApiProxy.open(cluster());
    await changeImage(cluster(), "before-all");
    await imageSeen(cluster(), "before-all", 15);
  });
  // Whatever a case has left.
  afterEach(() => mode("pass"));
  afterAll(() => proxy?.running.stop());

  // First, for after a storm a watch may be in its pause and so cannot fall silent.
  it("watches gone silent: served meanwhile, and changes are seen within 100 s", {
    timeout: 180_000,
  }, async () => {
    await proxy?.carries(leastWatches);
    expect(await mode("silent")).toBeGreaterThanOrEqual(leastWatches);
    const since = Date.now();
    await servedFor(cluster(), 5);
    await readyAndDeafSince(cluster(), since);
    await mode("pass");
    const tag = newName("in-silence");
    await changeImage(cluster(), tag);
    // New objects do not depend on the watches: they are read when a pod asks for them.
    const dataset = newName("born-in-silence");
    await cluster().addDataset(dataset);
    const pod = podOf(undefined, { claims: [dataset] });
    const made = await eventually("a dataset that no watch has told of is served", () =>
      cluster().api.create("/api/v1/namespaces/demo/pods?dryRun=All", pod),
    );
    expect(clientsOf(made)).toHaveLength(1);
    expect(await seenImages(cluster())).not.toContain(tag);
    await readyAndDeafSince(cluster(), since);
    tell("silent watches", await imageSeen(cluster(), tag, 100));
  });

  it("a storm of 5xx: what is known is served, and changes are seen within 30 s after it", async () => {
    await mode("storm");
    const since = Date.now();
    const tag = newName("in-the-storm");
    await changeImage(cluster(), tag);
    await servedFor(cluster(), 12);
    await readyAndDeafSince(cluster(), since);
    for (const { process } of cluster().replicas.all)
      expect(process.log()).toMatch(/cannot (watch|list) daemonsets\.apps: .*; it is tried again/);
    expect(await seenImages(cluster())).not.toContain(tag);
    await mode("pass");
    tell("5xx storm of 12 s", await imageSeen(cluster(), tag, 30));
    for (const { process } of cluster().replicas.all)
      expect(process.log()).toMatch(/"resource":"daemonsets\.apps","msg":"followed again"/);
  });

  it("a dataset that is made in a storm is never said to be missing, and served as soon as the storm is over", async () => {
    await mode("storm");
    const dataset = newName("storm-child");
    await cluster().addDataset(dataset);
    const pod = podOf(undefined, { claims: [dataset] });
    const { status, body } = await cluster().api.send("POST", "/api/v1/namespaces/demo/pods?dryRun=All", pod);
    expect(status, textAt(body, "message")).toBeGreaterThanOrEqual(400);
    expect(textAt(body, "message")).not.toContain("does not exist");
    await mode("pass");
    const made = await eventually("the pod is let in", () =>
      cluster().api.create("/api/v1/namespaces/demo/pods?dryRun=All", pod),
    );
    expect(clientsOf(made)).toHaveLength(1);
  });
});

/** Both replicas are ready, and their metrics tell that nothing was heard of DaemonSets since then, in milliseconds since 1970. */
async function readyAndDeafSince({ replicas }: TestCluster, since: number): Promise<void> {
  const metric = /^sluice_watch_last_contact_timestamp_seconds\{resource="daemonsets\.apps"\} (\S+)$/m;
  for (const replica of replicas.all) {
    expect((await replica.ask("/readyz")).status).toBe(200);
    const seconds = Number(metric.exec((await replica.ask("/metrics")).text)?.[1]);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds * 1000).toBeLessThanOrEqual(since);
  }
}

function tell(what: string, seconds: number): void {
  process.stdout.write(`${what}: changes are seen ${seconds.toFixed(1)} s later\n`);
}
