import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ApiProxy, type ProxyMode } from "./harness/api-proxy.ts";
import { changeImage, imageSeen, servedFor } from "./harness/client-image.ts";
import { clusterWithSluice, describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { newNames } from "./harness/new-names.ts";
import { addObject } from "./harness/objects.ts";
import { clientsOf, podOf } from "./harness/pods.ts";
import type { Replica } from "./harness/replica.ts";
import type { TestCluster } from "./harness/test-cluster.ts";

/** Of two replicas, each of which watches namespaces, nodes, claims, volumes, DaemonSets and Fluid's kinds. */
const leastWatches = 16;
const manyClaims = 1_200;

describeCluster("answers of the API server that break on their way", clusterWithSluice, (cluster) => {
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

  it("watches that are reset again and again: served meanwhile, and each change is seen", {
    timeout: 120_000,
  }, async () => {
    let tag = "";
    for (let round = 0; round < 5; round++) {
      // The first round meets all of them; later ones also those that have just begun again.
      if (round === 0) await proxy?.carries(leastWatches);
      const broken = await mode("reset");
      if (round === 0) expect(broken).toBeGreaterThanOrEqual(leastWatches);
      tag = newName(`reset-${round}`);
      await changeImage(cluster(), tag);
      await mode("pass");
      await servedFor(cluster(), 1);
    }
    tell("watches reset 5 times", await imageSeen(cluster(), tag, 30));
  });

  it("answers in small pieces: changes are seen, and what is new is served", {
    timeout: 120_000,
  }, async () => {
    // All that is watched begins again, and is slow from then on.
    await mode("reset");
    await mode("slow");
    await servedFor(cluster(), 3);
    const tag = newName("slowly");
    await changeImage(cluster(), tag);
    tell("slow answers", await imageSeen(cluster(), tag, 30));
    const dataset = newName("born-slowly");
    await cluster().addDataset(dataset);
    const pod = podOf(undefined, { claims: [dataset] });
    const made = await eventually("a dataset that was made meanwhile is served", () =>
      cluster().api.create("/api/v1/namespaces/demo/pods?dryRun=All", pod),
    );
    expect(clientsOf(made)).toHaveLength(1);
    await mode("reset");
    await mode("pass");
  });

  it("lists that fail half way: what is known is served, and changes are seen after it", {
    timeout: 120_000,
  }, async () => {
    await addClaims(cluster(), manyClaims);
    await cluster().plane.compactEtcd();
    await mode("half");
    // The API server has forgotten what the watches would go on from, so that all is to be read anew.
    await cluster().plane.restartApiServer();
    const tag = newName("half-way");
    await changeImage(cluster(), tag);
    await servedFor(cluster(), 8);
    await mode("pass");
    expect(proxy?.halvedIn("half")).toBeGreaterThan(0);
    tell("lists that failed half way", await imageSeen(cluster(), tag, 30));
    await eventually("both replicas know all claims", async () => {
      const known = await Promise.all(cluster().replicas.all.map(claimsKnown));
      return new Set(known).size === 1 && (known[0] ?? 0) >= manyClaims;
    });
  });

  it("a replica that begins while lists fail half way is not ready before it has read all", {
    timeout: 120_000,
  }, async () => {
    const [victim, other] = cluster().replicas.all;
    if (victim === undefined || other === undefined) throw new Error("there are no two replicas");
    await mode("half");
    const { restarts } = victim;
    victim.process.signal("SIGKILL");
    await eventually("it was started again", () => victim.restarts > restarts);
    await eventually(
      "it says that it is not ready",
      async () => (await victim.ask("/readyz")).status === 503,
    );
    await servedFor(cluster(), 4);
    await mode("half-pages");
    await servedFor(cluster(), 4);
    expect((await victim.ask("/readyz")).status).toBe(503);
    await mode("pass");
    expect(proxy?.halvedIn("half")).toBeGreaterThan(0);
    expect(proxy?.halvedIn("half-pages")).toBeGreaterThan(0);
    await cluster().replicas.ready();
    expect(await claimsKnown(victim)).toBe(await claimsKnown(other));
    expect(await claimsKnown(victim)).toBeGreaterThanOrEqual(manyClaims);
  });
});

/** More than a page of them. They are bound to nothing and mounted by nobody. */
async function addClaims({ api }: TestCluster, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `plain-${index}`).values();
  const work = async () => {
    for (const name of names)
      await addObject(api, {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name, namespace: "demo" },
        spec: {
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: "1Gi" } },
          storageClassName: "none",
        },
      });
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

async function claimsKnown(replica: Replica): Promise<number> {
  const { text } = await replica.ask("/metrics");
  const line = text
    .split("\n")
    .find((one) => /^sluice_cluster_objects\{kind="persistentvolumeclaims"/.test(one));
  return Number(line?.split(" ").at(-1));
}

function tell(what: string, seconds: number): void {
  process.stdout.write(`${what}: changes are seen ${seconds.toFixed(1)} s later\n`);
}
