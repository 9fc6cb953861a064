import { afterAll, beforeAll, describe, inject } from "vitest";
import { TestCluster, type TestClusterOptions } from "./test-cluster.ts";

/**
 * Cases on one cluster of their own; skipped where no cluster can run, or for the reason that `whyNot` gives.
 * `cluster()` is there once they run.
 */
export function describeCluster(
  name: string,
  prepare: () => Promise<TestCluster>,
  cases: (cluster: () => TestCluster) => void,
  whyNot = "",
): void {
  const why = inject("whyNoCluster") || whyNot;
  describe.skipIf(why !== "")(why === "" ? name : `${name} (skipped: ${why})`, () => {
    let running: TestCluster | undefined;
    beforeAll(async () => {
      running = await prepare().catch((error) => {
        // A hook is not tried again as tests are.
        process.stderr.write(`\n${name}: the cluster is tried once more: ${error}\n`);
        return prepare();
      });
    });
    afterAll(() => running?.close());
    cases(() => {
      if (running === undefined) throw new Error("the cluster is not up");
      return running;
    });
  });
}

/** A cluster with Sluice installed, both replicas ready. */
export async function clusterWithSluice(options: TestClusterOptions = {}): Promise<TestCluster> {
  const cluster = await TestCluster.start(options);
  try {
    await cluster.install();
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}
