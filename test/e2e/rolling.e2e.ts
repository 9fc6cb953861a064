import { expect, it } from "vitest";
import { allowed } from "./harness/allowed.ts";
import { clusterWithSluice, describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { textAt } from "./harness/fields.ts";
import { sluiceNamespace } from "./harness/replicas.ts";
import { figures, type LoadResult, steadyLoad } from "./harness/steady-load.ts";

const load = { workers: 8, atLeast: 2_000 };
const secretPath = `/api/v1/namespaces/${sluiceNamespace}/secrets/sluice-certs`;

describeCluster("under steady load", clusterWithSluice, (cluster) => {
  const tell = (name: string, result: LoadResult) => process.stdout.write(`${figures(name, result)}\n`);

  it("a rolling restart of both replicas fails no pod", { timeout: 180_000 }, async () => {
    const before = cluster().replicas.all.map(({ name }) => name);
    const result = await steadyLoad(cluster().api, load, async () => {
      await cluster().kubectl.do(["rollout", "restart", "deployment/sluice", "-n", sluiceNamespace]);
      await cluster().kubectl.do([
        "rollout",
        "status",
        "deployment/sluice",
        "-n",
        sluiceNamespace,
        "--timeout=90s",
      ]);
      await cluster().replicas.ready();
    });
    tell("rolling restart", result);
    expect(cluster().replicas.all.filter(({ name }) => before.includes(name))).toEqual([]);
    expect(result.failed).toEqual([]);
    expect(result.created).toBeGreaterThanOrEqual(load.atLeast);
  });

  it("a change of the certificate authority fails no pod", { timeout: 240_000 }, async () => {
    const { all } = cluster().replicas;
    const served = () => Promise.all(all.map((replica) => cluster().servedCertificate(replica)));
    const before = await served();
    const annotation = { metadata: { annotations: { "sluice.io/change-authority": "now" } } };
    const result = await steadyLoad(cluster().api, load, async () => {
      await cluster().api.patch(secretPath, annotation);
      await eventually(
        "both replicas serve a certificate of the new authority",
        async () => {
          const after = await served();
          return new Set(after).size === 1 && !before.includes(after[0] ?? "");
        },
        { seconds: 180, pauseMs: 500 },
      );
    });
    tell("change of the authority", result);
    expect(result.failed).toEqual([]);
  });

  it("a deleted Secret fails no pod", { timeout: 120_000 }, async () => {
    const old = textAt(await cluster().api.get(secretPath), "metadata", "uid");
    const result = await steadyLoad(cluster().api, load, async () => {
      await cluster().api.delete(secretPath);
      await eventually(
        "there is a new Secret",
        async () => textAt(await cluster().api.get(secretPath), "metadata", "uid") !== old,
        { seconds: 60 },
      );
    });
    tell("Secret deleted", result);
    expect(result.failed).toEqual([]);
  });

  it("a killed replica costs pods for less than a second", { timeout: 120_000 }, async () => {
    const [victim] = cluster().replicas.all;
    const result = await steadyLoad(cluster().api, load, async () => {
      victim?.process.signal("SIGKILL");
      await eventually("it was started again", () => victim?.restarts === 1);
      await cluster().replicas.ready();
    });
    tell(`replica killed, failing for ${result.failingMs} ms`, result);
    // Calls that were in work, and those that the API server sent before the endpoint was gone.
    for (const failure of result.failed) expect(failure).toMatch(/EOF|connection re(fused|set)/);
    expect(result.failingMs).toBeLessThan(1_000 * allowed(1));
  });

  it("a restart of the API server fails no pod that it could take", { timeout: 180_000 }, async () => {
    const result = await steadyLoad(cluster().api, load, async () => {
      await cluster().plane.stop("kube-apiserver");
      cluster().plane.start("kube-apiserver");
      await cluster().plane.ready();
    });
    tell("API server restart", result);
    expect(result.failed).toEqual([]);
  });
});
