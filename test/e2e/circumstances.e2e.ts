import { beforeEach, expect, it, onTestFinished } from "vitest";
import { certificateSetData } from "../../src/certs/certificate-set.ts";
import { makeCertificateSet } from "../../src/certs/make-certificates.ts";
import { servingNames } from "../../src/certs/serving-names.ts";
import { allowed } from "./harness/allowed.ts";
import { clusterWithSluice, describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { at, type Fields, listAt, textAt } from "./harness/fields.ts";
import { newNames } from "./harness/new-names.ts";
import { addObject } from "./harness/objects.ts";
import { clientsOf, podOf, podSpecOf } from "./harness/pods.ts";
import { sluiceNamespace } from "./harness/replicas.ts";
import { figures, steadyLoad } from "./harness/steady-load.ts";
import { installManifest, type TestCluster } from "./harness/test-cluster.ts";

const registrationPath = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/sluice";
const secretPath = `/api/v1/namespaces/${sluiceNamespace}/secrets/sluice-certs`;

const account = `system:serviceaccount:${sluiceNamespace}:sluice`;

const auditedCluster = () => clusterWithSluice({ audited: [account] });

describeCluster("bad circumstances", auditedCluster, (cluster) => {
  const newName = newNames();

  // Whatever a case before has left: each begins with Sluice installed and well.
  beforeEach(async () => {
    await cluster().install();
    await eventually(
      "a pod gets its client",
      async () => clientsOf((await tryPod(cluster(), "imagenet")).body).length === 1,
    );
  });

  it("the API server is killed and etcd's history is gone: right at once, and what came meanwhile is seen", async () => {
    const read = () =>
      cluster()
        .plane.audit.entries()
        .filter(({ verb, resource }) => verb === "list" && resource === "persistentvolumeclaims").length;
    const before = read();
    await cluster().plane.restartApiServer(() => cluster().plane.compactEtcd());
    await served(cluster(), "imagenet", 1);
    // What they would have gone on from is too old (410).
    await eventually("both replicas have read all anew", () => read() >= before + 2);
    const made = newName("after-restart");
    await cluster().addDataset(made);
    await served(cluster(), made, 1);
    await allReady(cluster());
  });

  it("etcd is compacted while everything is watched", async () => {
    const [before, after] = [newName("before-compaction"), newName("after-compaction")];
    await cluster().addDataset(before);
    await cluster().plane.compactEtcd();
    await cluster().addDataset(after);
    await served(cluster(), after, 1);
    await served(cluster(), before, 1);
  });

  it("a replica is killed: the other one serves, and it comes back", async () => {
    const [victim] = cluster().replicas.all;
    const restarts = victim?.restarts ?? 0;
    victim?.process.signal("SIGKILL");
    await served(cluster(), "imagenet", 1);
    await eventually("the replica was started again", () => victim?.restarts === restarts + 1);
    await cluster().replicas.ready();
    await served(cluster(), "imagenet", 1);
  });

  it("both replicas are killed at once: pods come again as soon as one is back", async () => {
    const victims = cluster().replicas.all;
    const restarts = victims.map((victim) => victim.restarts);
    for (const victim of victims) victim.process.signal("SIGKILL");
    await eventually("both were started again", () =>
      victims.every((victim, index) => victim.restarts === (restarts[index] ?? 0) + 1),
    );
    await cluster().replicas.ready();
    await served(cluster(), "imagenet", 1);
  });

  it("the Secret is deleted: served without a gap, and there is a new one", async () => {
    const old = textAt(await cluster().api.get(secretPath), "metadata", "uid");
    await cluster().api.delete(secretPath);
    await served(cluster(), "imagenet", 1);
    await eventually("there is a new Secret", async () => {
      return textAt(await cluster().api.get(secretPath), "metadata", "uid") !== old;
    });
    await served(cluster(), "imagenet", 1);
    await allReady(cluster());
  });

  it("the Secret is filled with rubbish: served without a gap, and it is mended", async () => {
    const { data } = await cluster().api.get(secretPath);
    const rubbish = Buffer.from("rubbish").toString("base64");
    const spoiled = Object.fromEntries(Object.keys(Object(data)).map((key) => [key, rubbish]));
    await cluster().api.patch(secretPath, { data: spoiled });
    await served(cluster(), "imagenet", 1);
    await eventually("the Secret is mended", async () => {
      const values = Object.values(Object((await cluster().api.get(secretPath))["data"]));
      return values.length > 0 && !values.includes(rubbish);
    });
    await served(cluster(), "imagenet", 1);
    await allReady(cluster());
  });

  it("the Secret gets certificates of another authority: served without a gap, and these are used once they are trusted", {
    timeout: 180_000,
  }, async () => {
    const { all } = cluster().replicas;
    const served = () => Promise.all(all.map((replica) => cluster().servedCertificate(replica)));
    const before = await served();
    const lives = { serving: 30 * 86_400_000, authority: 365 * 86_400_000 };
    const names = servingNames("sluice", sluiceNamespace);
    const data = certificateSetData(await makeCertificateSet({ names, lives, now: Date.now() }));
    const result = await steadyLoad(cluster().api, { workers: 2, atLeast: 100 }, async () => {
      await cluster().api.patch(secretPath, { stringData: data });
      await eventually(
        "both replicas serve what was put there",
        async () => {
          const now = await served();
          return new Set(now).size === 1 && !before.includes(now[0] ?? "");
        },
        { seconds: 150, pauseMs: 500 },
      );
    });
    process.stdout.write(`${figures("Secret of another authority", result)}\n`);
    expect(result.failed).toEqual([]);
    await allReady(cluster());
  });

  it("caBundle is set to somebody else's: right again within a second", async () => {
    const registration = await cluster().api.get(registrationPath);
    const stranger = Buffer.from(cluster().plane.pki.admin.ca).toString("base64");
    const entries = listAt(registration, "webhooks").map((_, index) => ({
      op: "replace",
      path: `/webhooks/${index}/clientConfig/caBundle`,
      value: stranger,
    }));
    await cluster().api.patch(registrationPath, entries, "json");
    await eventually(
      "caBundle is mended in all entries",
      async () => bundlesOf(await cluster().api.get(registrationPath)).every((bundle) => bundle !== stranger),
      { seconds: allowed(1) },
    );
    await served(cluster(), "imagenet", 1);
    await allReady(cluster());
  });

  it("the manifest is applied again, as an upgrade does: caBundle stays or is right again within a second", async () => {
    await cluster().kubectl.do(["apply", "-f", installManifest]);
    await served(cluster(), "imagenet", 1);
    expect(bundlesOf(await cluster().api.get(registrationPath))).not.toContain("");
  });

  it("the registration is deleted: it is not made again, it is told, and it works when it is applied again", async () => {
    await cluster().api.delete(registrationPath);
    await eventually(
      "a metric tells of it",
      async () => (await cluster().sluiceMetric("sluice_registration_state", 'state="missing"')) === 2,
    );
    for (const replica of cluster().replicas.all)
      expect(replica.process.log()).toMatch(
        /sluice does not exist: no pod gets its data until it is installed/,
      );
    await allReady(cluster());
    expect((await cluster().api.send("GET", registrationPath)).status).toBe(404);
    await cluster().kubectl.do(["apply", "-f", installManifest]);
    await eventually(
      "a pod gets its client",
      async () => clientsOf((await tryPod(cluster(), "imagenet")).body).length === 1,
    );
  });

  it("the right to read is taken away: what is known is still served; given back, what is new too", async () => {
    const path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/sluice";
    await cluster().api.delete(path);
    // Watches that are open stay so: only new ones are asked for their right.
    await cluster().plane.restartApiServer();
    await served(cluster(), "imagenet", 1);
    const unseen = newName("unseen");
    await cluster().addDataset(unseen);
    const told = await eventually("a pod is refused", async () => {
      const { status, body } = await tryPod(cluster(), unseen);
      const message = textAt(body, "message");
      return message.includes("denied the request") ? { status, message } : undefined;
    });
    expect(told.status).toBe(500);
    expect(told.message).toContain(`Sluice may not read PersistentVolumeClaim demo/${unseen}`);
    await allReady(cluster());
    await cluster().kubectl.do(["apply", "-f", installManifest]);
    await served(cluster(), unseen, 30);
  });

  it("Fluid's kinds are removed and installed again", { timeout: 120_000 }, async () => {
    const installed = async () => {
      await cluster().addFluid();
      await cluster().addExamples();
    };
    onTestFinished(installed);
    await cluster().kubectl.do(["delete", "crd", "--all", "--wait=true"]);
    await served(cluster(), undefined, 1);
    await allReady(cluster());
    // One that has never seen them.
    const [victim] = cluster().replicas.all;
    const restarts = victim?.restarts ?? 0;
    victim?.process.signal("SIGKILL");
    await eventually("the replica was started again", () => (victim?.restarts ?? 0) > restarts);
    await cluster().replicas.ready();
    await installed();
    await served(cluster(), "imagenet", 30);
    await served(cluster(), "models", 30);
    await eventually(
      "both replicas know the datasets",
      async () => {
        const pages = await Promise.all(cluster().replicas.all.map((replica) => replica.ask("/metrics")));
        return pages.every(({ text }) => /^sluice_cluster_objects\{kind="datasets[^}]*\} [1-9]/m.test(text));
      },
      { seconds: allowed(30) },
    );
  });

  it("a ResourceQuota on requests and limits lets the client in and counts it, without a LimitRange and with one", async () => {
    const { api } = cluster();
    const namespace = "rationed";
    const place = `/api/v1/namespaces/${namespace}`;
    await cluster().addNamespace(namespace, { "sluice.io/injection": "enabled" });
    await cluster().addDataset("rations", namespace);
    await api.delete(`${place}/limitranges/all`);
    const hard = {
      "requests.cpu": "50",
      "requests.memory": "100Gi",
      "limits.cpu": "90",
      "limits.memory": "200Gi",
    };
    await addObject(api, {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "all", namespace },
      spec: { hard },
    });
    const create = (resources: Fields, query = "") => {
      const spec = podSpecOf(["rations"]);
      const containers = listAt(spec, "containers").map((container) => ({ ...container, resources }));
      const pod = { ...podOf(undefined, { namespace }), spec: { ...spec, containers } };
      return api.send("POST", `${place}/pods${query}`, pod);
    };
    // All others say what they need: the client and what comes with it.
    const refused = await eventually("the quota is in force", async () => {
      const { status, body } = await create({}, "?dryRun=All");
      return status === 403 ? textAt(body, "message") : undefined;
    });
    expect(refused).toMatch(/must specify (\S+ for: app; ?|\S+ for: app$)+$/);
    const size = { cpu: "1", memory: "1Gi" };
    const { status, text, body: pod } = await create({ requests: size, limits: size });
    expect(status, text).toBe(201);
    expect(clientsOf(pod)).toEqual(["fluid-fuse-0"]);
    await eventually("the quota counts more than the app", async () => {
      const used = at(await api.get(`${place}/resourcequotas/all`), "status", "used", "limits.cpu");
      return used !== "0" && used !== "1" && used !== undefined;
    });
    await addObject(api, {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "all", namespace },
      spec: {
        limits: [
          {
            type: "Container",
            default: { cpu: "1", memory: "1Gi" },
            defaultRequest: { cpu: "100m", memory: "128Mi" },
          },
        ],
      },
    });
    const filled = await eventually("a pod without figures gets those of the LimitRange", async () => {
      const answer = await create({});
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.body;
    });
    const client = (one: Fields) =>
      listAt(one, "spec", "initContainers").find(({ name }) => name === "fluid-fuse-0");
    expect(at(client(filled), "resources")).toEqual(at(client(pod), "resources"));
    expect(at(client(pod), "resources", "limits")).toEqual({ cpu: "2", memory: "2Gi" });
  });

  it("two replicas begin at the same instant with nothing there: both serve one and the same certificate", async () => {
    await cluster().kubectl.do(["scale", "deployment/sluice", "--replicas=0", "-n", sluiceNamespace]);
    await cluster().replicas.ready(0);
    await cluster().api.delete(secretPath);
    await cluster().kubectl.do(["scale", "deployment/sluice", "--replicas=2", "-n", sluiceNamespace]);
    const replicas = await cluster().replicas.ready();
    const served = await Promise.all(replicas.map((replica) => cluster().servedCertificate(replica)));
    expect(new Set(served).size).toBe(1);
  });
});

/**
 * A pod with the claim is served within `seconds` on a machine of its own. In the meantime the API server may not get an
 * answer, but none is let in without its client, and none is refused by Sluice, which would be wrong.
 */
async function served(cluster: TestCluster, claim: string | undefined, seconds: number): Promise<void> {
  const what = `a pod with ${claim ?? "no claim"}`;
  const begun = performance.now();
  const { status, body, text } = await eventually(
    `${what} is let in`,
    async () => {
      const answer = await tryPod(cluster, claim);
      const said = textAt(answer.body, "message") || answer.text;
      const refused = said.includes("denied the request") && !said.includes("Sluice may not read");
      if (answer.status === 201 || refused) return answer;
      throw new Error(said);
    },
    { seconds: allowed(seconds), pauseMs: 20 },
  );
  expect(status, text).toBe(201);
  expect(clientsOf(body)).toHaveLength(claim === undefined ? 0 : 1);
  const took = (performance.now() - begun) / 1000;
  process.stdout.write(`${expect.getState().currentTestName}: ${what} after ${took.toFixed(2)} s\n`);
}

function tryPod(cluster: TestCluster, claim: string | undefined) {
  const pod: Fields = podOf(undefined, { claims: claim === undefined ? [] : [claim] });
  return cluster.api.send("POST", "/api/v1/namespaces/demo/pods?dryRun=All", pod);
}

async function allReady(cluster: TestCluster): Promise<void> {
  for (const replica of cluster.replicas.all) expect((await replica.ask("/readyz")).status).toBe(200);
}

function bundlesOf(registration: Fields): string[] {
  return listAt(registration, "webhooks").map((entry) => textAt(entry, "clientConfig", "caBundle"));
}
