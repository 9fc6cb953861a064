import { expect, it } from "vitest";
import { allowed } from "./harness/allowed.ts";
import { dashboardQueries } from "./harness/dashboard.ts";
import { clusterWithSluice, describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { textAt } from "./harness/fields.ts";
import { PageCommands } from "./harness/page-commands.ts";
import { Prometheus, whyNoPrometheus } from "./harness/prometheus.ts";
import type { Replica } from "./harness/replica.ts";
import { sluiceNamespace } from "./harness/replicas.ts";
import { figures, type LoadResult, steadyLoad } from "./harness/steady-load.ts";
import { UserShell } from "./harness/user-shell.ts";

const chart = new URL("../../manifests/chart/", import.meta.url);
const ruleFiles = ["webhook", "controllers"].map((name) => new URL(`rules/${name}.yaml`, chart).pathname);
const skipped = (why: string) => (why === "" ? "" : ` (skipped: ${why})`);

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

  it.skipIf(whyNoPrometheus() !== "")(
    `Prometheus scrapes both replicas, each until its end while it drains${skipped(whyNoPrometheus())}`,
    { timeout: 240_000 },
    async () => {
      const before = cluster().replicas.all;
      const target = ({ name, opsAddress }: Replica) => ({ pod: name, address: opsAddress });
      const prometheus = await Prometheus.start(cluster(), ruleFiles, before.map(target));
      await eventually("both are scraped", async () => (await prometheus.value("sum(up)")) === 2);
      const reviews = "sum(sluice_reviews_total)";
      const counted = (await prometheus.value(reviews)) ?? 0;
      await steadyLoad(cluster().api, { workers: 2, atLeast: 50 }, async () => undefined);
      await eventually(
        "the reviews are counted",
        async () => ((await prometheus.value(reviews)) ?? 0) >= counted + 50,
      );

      const endings = before.map(async (replica) => {
        await eventually("it was told to end", () => replica.process.log().includes('"stopping"'), {
          seconds: 120,
        });
        const told = Date.now() / 1_000;
        await replica.process.ended;
        return { pod: replica.name, told, ended: Date.now() / 1_000 };
      });
      for (const ending of endings) ending.catch(() => undefined);
      await cluster().kubectl.do(["rollout", "restart", "deployment/sluice", "-n", sluiceNamespace]);
      for (const { pod, told, ended } of await Promise.all(endings)) {
        const samples = await prometheus.samples(`up{pod="${pod}"}`);
        const draining = samples.filter(([time]) => time > told && time < ended);
        const answered = draining.filter(([, up]) => up === 1).length;
        process.stdout.write(
          `${pod}: ${answered} of ${draining.length} scrapes answered in ${(ended - told).toFixed(1)} s of draining\n`,
        );
        expect(answered).toBeGreaterThan(0);
      }
      await cluster().replicas.ready(2, 120);
      prometheus.scrape(cluster().replicas.all.map(target));
      await eventually("the new ones are scraped", async () => (await prometheus.value("sum(up)")) === 2);

      const rules = await prometheus.rules();
      expect(rules.length).toBeGreaterThan(15);
      expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
      expect(await prometheus.query('ALERTS{alertname="SluiceDown",alertstate="firing"}')).toEqual([]);
      for (const { expression } of await dashboardQueries(prometheus)) await prometheus.query(expression);
    },
  );

  it("a change of the certificate authority fails no pod", { timeout: 240_000 }, async () => {
    const { all } = cluster().replicas;
    const served = () => Promise.all(all.map((replica) => cluster().servedCertificate(replica)));
    const before = await served();
    const command = new PageCommands("docs/operations.md").take("kubectl -n sluice-system annotate secret");
    const result = await steadyLoad(cluster().api, load, async () => {
      await new UserShell(cluster()).do(command);
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
    const restarts = victim?.restarts ?? 0;
    const result = await steadyLoad(cluster().api, load, async () => {
      victim?.process.signal("SIGKILL");
      await eventually("it was started again", () => victim?.restarts === restarts + 1);
      await cluster().replicas.ready();
    });
    tell(`replica killed, failing for ${result.failingMs} ms`, result);
    // Calls that were in work, and those that the API server sent before the endpoint was gone.
    const lost = /EOF|connection re(fused|set)|broken pipe|closed (idle|network) connection/;
    expect(result.failed.filter((failure) => !lost.test(failure))).toEqual([]);
    expect(result.failingMs).toBeLessThan(1_000 * allowed(1));
  });

  it("a restart of the API server fails no pod that it could take", { timeout: 180_000 }, async () => {
    const result = await steadyLoad(cluster().api, load, () => cluster().plane.restartApiServer());
    tell("API server restart", result);
    expect(result.failed).toEqual([]);
  });
});
