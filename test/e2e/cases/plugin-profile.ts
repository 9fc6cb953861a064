import { expect, it, onTestFinished } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { type Fields, listAt, textAt } from "../harness/fields.ts";
import { podOf } from "../harness/pods.ts";
import { sluiceNamespace } from "../harness/replicas.ts";
import type { TestCluster } from "../harness/test-cluster.ts";

const calls = "apiserver_admission_webhook_admission_duration_seconds_count";
const serverful = { "fuse.serverful.fluid.io/inject": "true" };
/** Where Fluid's chart puts it. */
const fluidNamespace = "fluid-system";
const configMaps = `/api/v1/namespaces/${fluidNamespace}/configmaps`;
const profilePath = `${configMaps}/webhook-plugins`;

function profile(steps: string, tiers = ""): Fields {
  const pluginsProfile = `
plugins: {serverful: {withDataset: [${steps}], withoutDataset: [PreferNodesWithoutCache]}}
pluginConfig: [{name: NodeAffinityWithCache, args: "preferred: [${tiers}]"}]
`;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "webhook-plugins", namespace: fluidNamespace },
    data: { pluginsProfile },
  };
}

/** What the API server makes of a pod that is not kept. */
function dryRun({ api }: TestCluster, pod: Fields): Promise<Fields> {
  return api.create(`/api/v1/namespaces/${textAt(pod, "metadata", "namespace")}/pods?dryRun=All`, pod);
}

/** "key weight" for each node that the pod prefers. */
function preferences(pod: Fields): string[] {
  const path = [
    "spec",
    "affinity",
    "nodeAffinity",
    "preferredDuringSchedulingIgnoredDuringExecution",
  ] as const;
  return listAt(pod, ...path).map((term) => {
    const [expression] = listAt(term, "preference", "matchExpressions");
    return `${expression?.["key"]} ${term["weight"]}`;
  });
}

export function pluginProfileCases(cluster: () => TestCluster): void {
  const withDataset = podOf("reading", { claims: ["imagenet"], labels: serverful });
  const usual = ["fluid.io/s-demo-imagenet 100"];

  /** All replicas follow by themselves, so the pod is asked for until it has been answered alike several times. */
  async function settles(pod: Fields, expected: readonly string[]): Promise<void> {
    await eventually(`pods prefer ${expected.join(", ")}`, async () => {
      for (let times = 0; times < 6; times++) {
        const found = preferences(await dryRun(cluster(), pod));
        if (found.join() !== expected.join()) throw new Error(`it prefers ${found.join(", ")}`);
      }
      return true;
    });
  }

  it("a pod without any claim is kept off cache nodes, by one call", async () => {
    for (const namespace of ["demo", "default"]) {
      const before = await cluster().plane.metric(calls, 'sluice.io"');
      const pod = await dryRun(cluster(), podOf("web", { namespace, labels: serverful }));
      expect(preferences(pod)).toEqual(["fluid.io/dataset-num 100"]);
      expect((await cluster().plane.metric(calls, 'sluice.io"')) - before).toBe(1);
    }
  });

  it("a pod without any claim and without Fluid's label, or with an opt-out, is not even sent", async () => {
    const before = await cluster().plane.metric(calls, 'sluice.io"');
    expect(preferences(await dryRun(cluster(), podOf("web")))).toEqual([]);
    const out = { ...serverful, "fluid.io/enable-injection": "false" };
    expect(preferences(await dryRun(cluster(), podOf("web", { labels: out })))).toEqual([]);
    expect((await cluster().plane.metric(calls, 'sluice.io"')) - before).toBe(0);
  });

  it("a profile counts as soon as it is made, changed and deleted, and a bad one leaves the last good one", async () => {
    const { api } = cluster();
    await settles(withDataset, usual);
    // Sluice was installed before there was such a namespace.
    await cluster().addNamespace(fluidNamespace);
    onTestFinished(() => api.remove(profilePath));
    await api.create(configMaps, profile("NodeAffinityWithCache", "{name: fluid.io/node, weight: 30}"));
    await settles(withDataset, ["fluid.io/s-demo-imagenet 30"]);
    await api.patch(profilePath, profile("NodeAffinityWithCache", "{name: fluid.io/node, weight: 31}"));
    await settles(withDataset, ["fluid.io/s-demo-imagenet 31"]);

    await api.patch(profilePath, profile("NodeAffinityWithCash"));
    const bad = () => cluster().sluiceMetric("sluice_problems", 'with="plugin-profile"');
    await eventually("both replicas tell of the bad profile", async () => (await bad()) === 2);
    await settles(withDataset, ["fluid.io/s-demo-imagenet 31"]);

    await api.patch(profilePath, profile("DatasetUsageInjector"));
    await settles(withDataset, []);
    expect(await bad()).toBe(0);
    await api.delete(profilePath);
    await settles(withDataset, usual);
  });

  it("the profile of another namespace, or another ConfigMap of its own, is not read", async () => {
    const { api } = cluster();
    onTestFinished(() => api.remove(profilePath));
    const steps = profile("DatasetUsageInjector");
    await api.createAnew("/api/v1/namespaces/demo/configmaps", {
      ...steps,
      metadata: { name: "webhook-plugins", namespace: "demo" },
    });
    await api.createAnew(configMaps, { ...steps, metadata: { name: "other", namespace: fluidNamespace } });
    await api.create(configMaps, profile("NodeAffinityWithCache", "{name: fluid.io/node, weight: 32}"));
    await settles(withDataset, ["fluid.io/s-demo-imagenet 32"]);
    await api.delete(profilePath);
    await settles(withDataset, usual);
  });

  it("the scheduler puts pods without any claim on the one node that holds no cache", async () => {
    const { api } = cluster();
    for (const name of ["node-a", "node-b"])
      await api.patch(`/api/v1/nodes/${name}`, { metadata: { labels: { "fluid.io/dataset-num": "1" } } });
    const names = ["web-1", "web-2", "web-3", "web-4"];
    for (const name of names)
      await api.createAnew("/api/v1/namespaces/demo/pods", podOf(name, { labels: serverful }));
    const nodes = names.map((name) =>
      eventually(`${name} is on a node`, async () => {
        const pod = await api.get(`/api/v1/namespaces/demo/pods/${name}`);
        return textAt(pod, "spec", "nodeName") || undefined;
      }),
    );
    expect(await Promise.all(nodes)).toEqual(names.map(() => "node-c"));
  });

  it("while no replica answers, a pod without claims gets in all the same", async () => {
    const scale = async (replicas: number) => {
      const to = `--replicas=${replicas}`;
      await cluster().kubectl.do(["scale", "deployment/sluice", to, "-n", sluiceNamespace]);
      await cluster().replicas.ready(replicas);
    };
    onTestFinished(() => scale(2));
    await scale(0);
    expect(preferences(await dryRun(cluster(), podOf("web", { labels: serverful })))).toEqual([]);
    await scale(2);
    expect(preferences(await dryRun(cluster(), podOf("web", { labels: serverful })))).toEqual([
      "fluid.io/dataset-num 100",
    ]);
  });
}
