import { beforeAll, beforeEach, expect, it } from "vitest";
import { parse } from "yaml";
import { certificateSourceCases } from "./cases/certificate-sources.ts";
import { addCustomKinds } from "./harness/custom-kind.ts";
import { describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { at, listAt, textAt } from "./harness/fields.ts";
import { findHelm } from "./harness/helm.ts";
import { Kubelet } from "./harness/kubelet.ts";
import { nothingOfSluice } from "./harness/left-overs.ts";
import { PageCommands } from "./harness/page-commands.ts";
import { clientsOf, podOf } from "./harness/pods.ts";
import { sluiceNamespace } from "./harness/replicas.ts";
import { figures, steadyLoad } from "./harness/steady-load.ts";
import { TestCluster } from "./harness/test-cluster.ts";
import { UserShell } from "./harness/user-shell.ts";

const found = findHelm();
const registrationPath = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/sluice";
const policyPath = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/sluice";
const secretPath = `/api/v1/namespaces/${sluiceNamespace}/secrets/sluice-certs`;
const load = { workers: 4, atLeast: 200 };

const readme = new PageCommands("README.md");
const install = new PageCommands("docs/install.md");
const operations = new PageCommands("docs/operations.md");
const upgrade = install.take("helm upgrade");

async function clusterOfAUser(): Promise<TestCluster> {
  const cluster = await TestCluster.start();
  await cluster.addNamespace("research");
  await cluster.addDataset("papers", "research");
  return cluster;
}

// One way through the life of an installation, by the commands of README.md, docs/install.md and docs/operations.md, word
// for word.
describeCluster(
  "helm",
  clusterOfAUser,
  (cluster) => {
    let shell: UserShell;
    let kubelet: Kubelet;
    beforeAll(async () => {
      const { sandbox, plane } = cluster();
      kubelet = await Kubelet.start(sandbox, plane.folder);
      shell = new UserShell(cluster());
      shell.write("pod.yaml", JSON.stringify(podOf("train", { namespace: "research", claims: ["papers"] })));
    });

    const rolledOut = async () => {
      await shell.do(install.take("kubectl -n sluice-system rollout status"));
      await cluster().replicas.ready();
    };
    const releases = async () =>
      JSON.parse(await shell.do(`helm list --namespace ${sluiceNamespace} --output json`));
    /** 0 where it is not installed. */
    const revision = async () => Number((await releases())[0]?.revision ?? 0);
    let begunAt = 0;
    beforeEach(async ({ task }) => {
      if ((task.result?.retryCount ?? 0) === 0) {
        begunAt = await revision();
        return;
      }
      // A try that failed may have left anything.
      if (begunAt === 0) {
        await shell.run(`helm uninstall sluice --namespace ${sluiceNamespace}`);
        await cluster().replicas.ready(0);
        return;
      }
      if ((await revision()) === 0) await shell.do(install.take("helm install"));
      else await shell.do(`helm rollback sluice ${begunAt} --namespace ${sluiceNamespace}`);
      await rolledOut();
    });
    const bundles = async () =>
      listAt(await cluster().api.get(registrationPath), "webhooks").map((entry) =>
        textAt(entry, "clientConfig", "caBundle"),
      );

    it("install: pods are served", async () => {
      const command = install.take("helm install");
      expect(readme.take("helm install")).toBe(command);
      expect(await shell.do(command)).toContain("STATUS: deployed");
      await rolledOut();
      expect(clientsOf(await served(cluster()))).toEqual(["fluid-fuse-0"]);
      expect(await releases()).toMatchObject([{ name: "sluice", revision: "1", status: "deployed" }]);
    });

    it("opt in by one label, and see it work", async () => {
      const label = install.take("kubectl label namespace research");
      expect(readme.take("kubectl label namespace research")).toBe(label);
      const dryRun = install.take("kubectl -n research create --dry-run=server");
      const tried = async () => clientsOf(parse(await shell.do(dryRun)));
      await shell.do("kubectl label namespace research sluice.io/injection-");
      await cluster().api.remove("/api/v1/namespaces/research/pods/train");
      await eventually("no pod is served yet", async () => (await tried()).length === 0);
      await shell.do(label);
      await eventually("pods are served", async () => (await tried()).join() === "fluid-fuse-0");
      await shell.do(operations.take("kubectl label namespace research sluice.io/injection-"));
      await eventually("no pod is served", async () => (await tried()).length === 0);
      await shell.do(label);
      await eventually("pods are served again", async () => (await tried()).length === 1);
      await shell.do("kubectl -n research create -f pod.yaml");
      expect(JSON.parse(await shell.do(install.take("kubectl -n research get pod train")))).toMatchObject({
        verdict: "injected",
        clients: { papers: "fluid-fuse-0" },
      });
    });

    it("sluice check finds it well", async () => {
      kubelet.knows(cluster().replicas.all);
      const command = install.take("npx sluice check");
      for (const page of [readme, operations]) expect(page.take("npx sluice check")).toBe(command);
      const said = await shell.do(command);
      expect(said.split("\n").filter((line) => /^[!✗]/.test(line))).toEqual([]);
      expect(said).toMatch(/^✓ caBundle +trusts what each of 2 replicas serves$/m);
      const { results } = JSON.parse(await shell.do(readme.take("npx sluice check -o json")));
      expect(new Set(results.map(({ level }: { level: string }) => level))).toEqual(new Set(["ok"]));
    });

    it("upgrade with another configuration fails no pod, and it acts", {
      timeout: 180_000,
    }, async () => {
      expect(operations.take("helm upgrade")).toBe(upgrade);
      expect(operations.take("kubectl -n sluice-system rollout")).toBe(
        install.take("kubectl -n sluice-system rollout"),
      );
      const before = cluster().replicas.all.map(({ name }) => name);
      const secret = textAt(await cluster().api.get(secretPath), "metadata", "uid");
      const [bundle] = await bundles();
      expect(affinityOf(await served(cluster()))).toBeDefined();
      const result = await steadyLoad(cluster().api, load, async () => {
        await shell.do(`${upgrade} --set config.cacheAffinity=none`);
        await rolledOut();
      });
      process.stdout.write(`${figures("helm upgrade", result)}\n`);
      expect(result.failed).toEqual([]);
      expect(cluster().replicas.all.filter(({ name }) => before.includes(name))).toEqual([]);
      expect(affinityOf(await served(cluster()))).toBeUndefined();
      expect(await imageOf(cluster())).toMatch(/^REGISTRY\/sluice:/);
      // Neither is the chart's, so an upgrade leaves both alone.
      expect(textAt(await cluster().api.get(secretPath), "metadata", "uid")).toBe(secret);
      expect(new Set(await bundles())).toEqual(new Set([bundle]));
    });

    it("switched off for all pods, and back by a rollback", {
      timeout: 180_000,
    }, async () => {
      const before = await revision();
      await shell.do(`${upgrade} --set config.injection=disabled`);
      await rolledOut();
      expect(clientsOf(await create(cluster()))).toEqual([]);
      await shell.do(operations.take("helm rollback"));
      await rolledOut();
      expect(affinityOf(await served(cluster()))).toBeUndefined();
      expect(await releases()).toMatchObject([{ revision: String(before + 2), status: "deployed" }]);
    });

    it("the break-glass lets pods in while no replica answers", {
      timeout: 120_000,
    }, async () => {
      const open = operations.take(
        "helm upgrade sluice manifests/chart -n sluice-system --reset-then-reuse-values --set webhook",
      );
      const { all } = cluster().replicas;
      for (const { process } of all) process.signal("SIGSTOP");
      try {
        await expect(create(cluster())).rejects.toThrow("failed calling webhook");
        await shell.do(open);
        const made = await eventually("a pod is let in as it is", () => create(cluster()));
        expect(clientsOf(made)).toEqual([]);
        await shell.do(open.replace("Ignore", "Fail"));
      } finally {
        for (const { process } of all) process.signal("SIGCONT");
      }
      await cluster().replicas.ready();
      expect(clientsOf(await served(cluster()))).toEqual(["fluid-fuse-0"]);
    });

    it("without registration and policy all pods are let in, and an upgrade brings both back", {
      timeout: 120_000,
    }, async () => {
      const { api } = cluster();
      await shell.do(operations.take("kubectl delete mutatingwebhookconfiguration"));
      await shell.do(operations.take("kubectl delete validatingadmissionpolicy"));
      await eventually(
        "a pod is let in as it is",
        async () => clientsOf(await create(cluster())).length === 0,
      );
      await shell.do(upgrade);
      expect(clientsOf(await served(cluster()))).toEqual(["fluid-fuse-0"]);
      expect((await api.send("GET", policyPath)).status).toBe(200);
    });

    it("monitoring is there when it is asked for", async () => {
      const group = { group: "monitoring.coreos.com", version: "v1" };
      await addCustomKinds(cluster().api, [
        { ...group, kind: "ServiceMonitor", plural: "servicemonitors" },
        { ...group, kind: "PrometheusRule", plural: "prometheusrules" },
      ]);
      await shell.do(
        operations.take(
          "helm upgrade sluice manifests/chart -n sluice-system --reset-then-reuse-values --set monitoring",
        ),
      );
      const made = await shell.do(
        "kubectl -n sluice-system get servicemonitors,prometheusrules,configmaps -l app.kubernetes.io/name=sluice -o name",
      );
      for (const kind of ["servicemonitor", "prometheusrule", "configmap"]) expect(made).toContain(`${kind}`);
      expect(made).toMatch(/^configmap\/sluice-dashboard$/m);
    });

    certificateSourceCases(cluster, () => shell, upgrade, operations);

    it("uninstall refuses no pod on the way, and leaves nothing behind", {
      timeout: 180_000,
    }, async () => {
      let over = false;
      const seen = new Set<number>();
      const creating = (async () => {
        while (!over) seen.add(clientsOf(await create(cluster())).length);
      })();
      // It is told when all is over.
      creating.catch(() => undefined);
      try {
        await eventually("a pod came with its client", () => seen.has(1));
        expect(await shell.do(install.take("helm uninstall"))).toContain('release "sluice" uninstalled');
        await eventually("a pod came without a client", () => seen.has(0));
        await cluster().replicas.ready(0, 120);
      } finally {
        over = true;
      }
      // Each creation came to its end: with its client as long as there was Sluice, as it is from then on.
      await creating;
      await shell.do(install.take("kubectl delete namespace"));
      expect(await nothingOfSluice(cluster())).toContain("namespace/demo");
    });

    it("no command of docs/install.md was left out but for the image's and those of another way", () => {
      expect(install.left.map((command) => command.split(" ", 3).join(" "))).toEqual([
        "docker build -t",
        "docker push REGISTRY/sluice:0.1.0",
        // In registration.e2e.ts.
        "sed 's|sluice:0.1.0|REGISTRY/sluice:0.1.0|' manifests/install.yaml",
        "kubectl delete mutatingwebhookconfiguration",
        "kubectl delete -f",
      ]);
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
