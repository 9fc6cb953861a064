import { afterEach, expect, it } from "vitest";
import { describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { FakeClock, findFakeTime } from "./harness/fake-clock.ts";
import { parseObjects } from "./harness/objects.ts";
import { figures, steadyLoad } from "./harness/steady-load.ts";
import { readInstallManifest, TestCluster } from "./harness/test-cluster.ts";

const library = findFakeTime();
const minutes = 60;
/** Valid from an hour back, so that the API server, whose clock does not jump, takes what is made within the next hour. */
const servingLife = 30 * minutes;
const load = { workers: 4, atLeast: 300 };

/** By the names of the pods, in the order in which they were started. */
const clocks = new Map<string, FakeClock>();

async function clusterWithClocks(): Promise<TestCluster> {
  const cluster = await TestCluster.start();
  try {
    cluster.replicas.environment = (podName) => {
      const clock = clocks.get(podName) ?? new FakeClock(cluster.plane, podName, library ?? "");
      clocks.set(podName, clock);
      return clock.environment;
    };
    const lives = { certificates: { servingLife: `${servingLife / minutes}m`, authorityLife: "1d" } };
    const objects = parseObjects(readInstallManifest()).map((object) =>
      object["kind"] === "ConfigMap" ? { ...object, data: { "config.yaml": JSON.stringify(lives) } } : object,
    );
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    await cluster.kubectl.do(["apply", "-f", "-"], list);
    await cluster.replicas.ready();
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

describeCluster(
  "a clock that jumps",
  clusterWithClocks,
  (cluster) => {
    const served = () =>
      Promise.all(cluster().replicas.all.map((replica) => cluster().servedCertificate(replica)));

    /** Both replicas serve one certificate, another than before; no pod fails on the way to it. */
    const renewed = async (what: string, jump: () => void) => {
      const before = await served();
      expect(new Set(before).size).toBe(1);
      const result = await steadyLoad(cluster().api, load, async () => {
        jump();
        await eventually(
          "both replicas serve the same new certificate",
          async () => {
            const now = await served();
            return new Set(now).size === 1 && now[0] !== before[0];
          },
          { seconds: 60, pauseMs: 200 },
        );
      });
      process.stdout.write(`${figures(what, result)}\n`);
      expect(result.failed).toEqual([]);
      expect(result.created).toBeGreaterThanOrEqual(load.atLeast);
    };

    afterEach(async () => {
      for (const replica of cluster().replicas.all) {
        expect((await replica.ask("/readyz")).status).toBe(200);
        // Neither was started again to see the time.
        expect(replica.restarts).toBe(0);
      }
    });

    it("at one replica, past the renewal: it renews for both, and no pod fails", { timeout: 120_000 }, () =>
      renewed("clock of one replica 22 minutes ahead", () => {
        const [first] = clocks.values();
        first?.ahead(22 * minutes);
      }),
    );

    it("at both, past the end of what is served: it is renewed, and no pod fails", { timeout: 120_000 }, () =>
      // What was made at 22 minutes ahead has ended by then.
      renewed("clocks of both replicas 55 minutes ahead", () => {
        for (const clock of clocks.values()) clock.ahead(55 * minutes);
      }),
    );

    it("back again: what is served lasts, and no pod fails", { timeout: 120_000 }, async () => {
      const before = await served();
      const result = await steadyLoad(cluster().api, load, async () => {
        for (const clock of clocks.values()) clock.ahead(0);
        await new Promise((resolve) => setTimeout(resolve, 15_000));
      });
      process.stdout.write(`${figures("clocks of both replicas set back", result)}\n`);
      expect(result.failed).toEqual([]);
      expect(await served()).toEqual(before);
    });
  },
  library === undefined ? "needs libfaketime, as in Debian's package of that name" : "",
);
