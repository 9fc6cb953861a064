import { expect, it } from "vitest";
import { describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { at, listAt, textAt } from "./harness/fields.ts";
import { chartFolder, findHelm, helmFor } from "./harness/helm.ts";
import { nothingOfSluice } from "./harness/left-overs.ts";
import { clientsOf, podOf } from "./harness/pods.ts";
import { sluiceNamespace } from "./harness/replicas.ts";
import { figures, steadyLoad } from "./harness/steady-load.ts";
import { TestCluster } from "./harness/test-cluster.ts";

const found = findHelm();
const helmPath = "path" in found ? found.path : "";
const place = ["--namespace", sluiceNamespace];
const registrationPath = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/sluice";
const secretPath = `/api/v1/namespaces/${sluiceNamespace}/secrets/sluice-certs`;
const load = { workers: 4, atLeast: 200 };

// One way through the life of an installation, in the order and words of docs/install.md.
describeCluster(
  "helm",
  TestCluster.start,
  (cluster) => {
    const helm = (args: readonly string[]) => helmFor(cluster(), helmPath).do(args);
    const rollout = () =>
      cluster().kubectl.do([
        "-n",
        sluiceNamespace,
        "rollout",
        "status",
        "deployment/sluice",
        "--timeout=90s",
      ]);
    const releases = async () => JSON.parse(await helm(["list", ...place, "--output", "json"]));
    const bundles = async () =>
      listAt(await cluster().api.get(registrationPath), "webhooks").map((entry) =>
        textAt(entry, "clientConfig", "caBundle"),
      );

    it("helm install: pods are served", async () => {
      const said = await helm([
        ...["install", "sluice", chartFolder, ...place, "--create-namespace"],
        ...["--set", "image.repository=registry.example/sluice"],
      ]);
      expect(said).toContain("STATUS: deployed");
      await rollout();
      await cluster().replicas.ready();
      const made = await served(cluster());
      expect(clientsOf(made)).toEqual(["fluid-fuse-0"]);
      expect(await releases()).toMatchObject([{ name: "sluice", revision: "1", status: "deployed" }]);
    });

    it("one label opts a namespace in, and the pod that would come can be looked at", async () => {
      const { kubectl } = cluster();
      const pod = JSON.stringify(podOf("try", { claims: ["imagenet"] }));
      const tried = async () =>
        JSON.parse(
          await kubectl.do(["-n", "demo", "create", "--dry-run=server", "-o", "json", "-f", "-"], pod),
        );
      await kubectl.do(["label", "namespace", "demo", "sluice.io/injection-"]);
      await eventually("no pod is served", async () => clientsOf(await tried()).length === 0);
      await kubectl.do(["label", "namespace", "demo", "sluice.io/injection=enabled"]);
      await eventually("pods are served", async () => clientsOf(await tried()).length === 1);
      await kubectl.do(["-n", "demo", "create", "-f", "-"], pod);
      const status = ["get", "pod", "try", "-o", "jsonpath={.metadata.annotations.sluice\\.io/status}"];
      expect(JSON.parse(await kubectl.do(["-n", "demo", ...status]))).toMatchObject({
        verdict: "injected",
        clients: { imagenet: "fluid-fuse-0" },
      });
    });

    it("helm upgrade with another configuration fails no pod, and it acts", {
      timeout: 180_000,
    }, async () => {
      const before = cluster().replicas.all.map(({ name }) => name);
      const secret = textAt(await cluster().api.get(secretPath), "metadata", "uid");
      const [bundle] = await bundles();
      expect(affinityOf(await served(cluster()))).toBeDefined();
      const result = await steadyLoad(cluster().api, load, async () => {
        await helm([
          ...["upgrade", "sluice", chartFolder, ...place, "--reset-then-reuse-values"],
          ...["--set", "config.cacheAffinity=none"],
        ]);
        await rollout();
        await cluster().replicas.ready();
      });
      process.stdout.write(`${figures("helm upgrade", result)}\n`);
      expect(result.failed).toEqual([]);
      expect(cluster().replicas.all.filter(({ name }) => before.includes(name))).toEqual([]);
      expect(affinityOf(await served(cluster()))).toBeUndefined();
      expect(await imageOf(cluster())).toMatch(/^registry\.example\/sluice:/);
      // Neither is the chart's, so an upgrade leaves both alone.
      expect(textAt(await cluster().api.get(secretPath), "metadata", "uid")).toBe(secret);
      expect(new Set(await bundles())).toEqual(new Set([bundle]));
    });

    it("helm rollback brings the former configuration back", {
      timeout: 120_000,
    }, async () => {
      await helm(["rollback", "sluice", "1", ...place]);
      await rollout();
      await cluster().replicas.ready();
      expect(affinityOf(await served(cluster()))).toBeDefined();
      expect(await releases()).toMatchObject([{ revision: "3", status: "deployed" }]);
    });

    it("the break-glass lets pods in while no replica answers", {
      timeout: 120_000,
    }, async () => {
      const policy = (value: string) => {
        const values = ["--reset-then-reuse-values", "--set", `webhook.failurePolicy=${value}`];
        return helm(["upgrade", "sluice", chartFolder, ...place, ...values]);
      };
      const { all } = cluster().replicas;
      for (const { process } of all) process.signal("SIGSTOP");
      try {
        await expect(create(cluster())).rejects.toThrow("failed calling webhook");
        await policy("Ignore");
        const made = await eventually("a pod is let in as it is", () => create(cluster()));
        expect(clientsOf(made)).toEqual([]);
        await policy("Fail");
      } finally {
        for (const { process } of all) process.signal("SIGCONT");
      }
      await cluster().replicas.ready();
      expect(clientsOf(await served(cluster()))).toEqual(["fluid-fuse-0"]);
    });

    it("helm uninstall refuses no pod on the way, and leaves nothing behind", {
      timeout: 180_000,
    }, async () => {
      let over = false;
      const seen = new Set<number>();
      const creating = (async () => {
        while (!over) seen.add(clientsOf(await create(cluster())).length);
      })();
      try {
        await eventually("a pod came with its client", () => seen.has(1));
        expect(await helm(["uninstall", "sluice", ...place])).toContain('release "sluice" uninstalled');
        await eventually("a pod came without a client", () => seen.has(0));
        await cluster().replicas.ready(0, 120);
      } finally {
        over = true;
      }
      // Each creation came to its end: with its client as long as there was Sluice, as it is from then on.
      await creating;
      await cluster().kubectl.do(["delete", "namespace", sluiceNamespace, "--timeout=90s"]);
      expect(await nothingOfSluice(cluster())).toContain("namespace/demo");
    });
  },
  "why" in found ? found.why : "",
);

function create({ api }: TestCluster) {
  const pod = podOf(undefined, { claims: ["imagenet"] });
  return api.create("/api/v1/namespaces/demo/pods?dryRun=All", pod);
}

/** A pod that came back with its client, which is what is waited for. */
function served(cluster: TestCluster) {
  return eventually("a pod gets its client", async () => {
    const made = await create(cluster);
    return clientsOf(made).length === 1 ? made : undefined;
  });
}

function affinityOf(pod: unknown): unknown {
  return at(pod, "spec", "affinity", "nodeAffinity");
}

async function imageOf({ api }: TestCluster): Promise<string> {
  const deployment = await api.get(`/apis/apps/v1/namespaces/${sluiceNamespace}/deployments/sluice`);
  return textAt(deployment, "spec", "template", "spec", "containers", 0, "image");
}
