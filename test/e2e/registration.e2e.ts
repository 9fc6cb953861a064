import { expect, it, onTestFinished } from "vitest";
import { describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { type Fields, listAt, textAt } from "./harness/fields.ts";
import { emptyPod } from "./harness/large-pods.ts";
import { nothingOfSluice } from "./harness/left-overs.ts";
import { PageCommands } from "./harness/page-commands.ts";
import { clientsOf, podOf } from "./harness/pods.ts";
import { sluiceNamespace } from "./harness/replicas.ts";
import { installManifest, TestCluster } from "./harness/test-cluster.ts";
import { UserShell } from "./harness/user-shell.ts";

const calls = "apiserver_admission_webhook_admission_duration_seconds_count";
const ours = 'sluice.io"';

interface CallCase {
  readonly what: string;
  readonly namespace: string;
  readonly pod?: Fields;
  readonly claims?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly calls: 0 | 1;
}

const yes = "true";
const cases: readonly CallCase[] = [
  { what: "with a claim, in a namespace that opted in", namespace: "demo", claims: ["imagenet"], calls: 1 },
  { what: "with two claims", namespace: "demo", claims: ["imagenet", "corpus"], calls: 1 },
  { what: "without a claim", namespace: "demo", calls: 0 },
  {
    what: "that opted out",
    namespace: "demo",
    claims: ["imagenet"],
    labels: { "sluice.io/inject": "false" },
    calls: 0,
  },
  {
    what: "that opted out of Fluid",
    namespace: "demo",
    claims: ["imagenet"],
    labels: { "fluid.io/enable-injection": "false" },
    calls: 0,
  },
  {
    what: "with every label that asks, in a namespace that opted in",
    namespace: "demo",
    claims: ["imagenet"],
    labels: {
      "sluice.io/inject": yes,
      "serverless.fluid.io/inject": yes,
      "fuse.serverful.fluid.io/inject": yes,
    },
    calls: 1,
  },
  { what: "in a namespace that did not opt in", namespace: "elsewhere", claims: ["imagenet"], calls: 0 },
  {
    what: "that opted in by itself",
    namespace: "elsewhere",
    claims: ["imagenet"],
    labels: { "sluice.io/inject": yes },
    calls: 1,
  },
  {
    what: "that opted in by itself, without a claim",
    namespace: "elsewhere",
    labels: { "sluice.io/inject": yes },
    calls: 0,
  },
  {
    what: "with Fluid's label",
    namespace: "elsewhere",
    claims: ["imagenet"],
    labels: { "serverless.fluid.io/inject": yes },
    calls: 1,
  },
  {
    what: "with all labels of all ways in",
    namespace: "elsewhere",
    claims: ["imagenet"],
    labels: {
      "sluice.io/inject": yes,
      "serverless.fluid.io/inject": yes,
      "fuse.sidecar.fluid.io/inject": yes,
      "fuse.serverful.fluid.io/inject": yes,
    },
    calls: 1,
  },
  {
    what: "in kube-system",
    namespace: "kube-system",
    claims: ["imagenet"],
    labels: { "sluice.io/inject": yes },
    calls: 0,
  },
  {
    what: "in Sluice's own namespace",
    namespace: sluiceNamespace,
    claims: ["imagenet"],
    labels: { "sluice.io/inject": yes },
    calls: 0,
  },
];

const page = new PageCommands("docs/install.md");
/** As it stands in the page; of another manifest where that is to be tested. */
const command = (begin: string) => page.take(begin).replace("manifests/install.yaml", installManifest);

/** Installs it without Helm, as a user would. */
async function install(cluster: TestCluster): Promise<void> {
  const shell = new UserShell(cluster);
  await shell.do(command("sed "));
  await shell.do(command("kubectl -n sluice-system rollout status"));
  await cluster.replicas.ready();
}

async function prepared(): Promise<TestCluster> {
  const cluster = await TestCluster.start();
  try {
    await install(cluster);
    await cluster.addNamespace("elsewhere");
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

describeCluster("registration", prepared, (cluster) => {
  it.each(cases)(
    "a pod $what: $calls calls",
    async ({ namespace, claims = [], labels = {}, calls: wanted }) => {
      const before = await cluster().plane.metric(calls, ours);
      const pod = podOf("asking", { namespace, claims, labels });
      await cluster().api.send("POST", `/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);
      expect((await cluster().plane.metric(calls, ours)) - before).toBe(wanted);
    },
  );

  it("a pod that holds a client of ours is sent again, even without a claim", async () => {
    const made = await cluster().api.create(
      "/api/v1/namespaces/demo/pods?dryRun=All",
      podOf("served", { claims: ["imagenet"] }),
    );
    const before = await cluster().plane.metric(calls, ours);
    const { uid: _, creationTimestamp: __, ...metadata } = Object(made["metadata"]);
    const again = await cluster().api.create("/api/v1/namespaces/demo/pods?dryRun=All", {
      ...made,
      metadata: { ...metadata, name: "served-again" },
    });
    expect((await cluster().plane.metric(calls, ours)) - before).toBe(1);
    expect(clientsOf(again)).toEqual(clientsOf(made));
  });

  it("an updated pod is not sent", async () => {
    const lasting = podOf("lasting", { claims: ["imagenet"] });
    await cluster().api.createAnew("/api/v1/namespaces/demo/pods", lasting);
    const before = await cluster().plane.metric(calls, ours);
    await cluster().api.patch("/api/v1/namespaces/demo/pods/lasting", {
      metadata: { labels: { color: "red" } },
    });
    expect((await cluster().plane.metric(calls, ours)) - before).toBe(0);
  });

  it("a pod that lost its client behind Sluice is refused by the policy, which looks at no others", async () => {
    const status = JSON.stringify({ verdict: "injected", clients: { imagenet: "fluid-fuse-0" } });
    const annotations = { "sluice.io/status": status };
    const create = (labels: Readonly<Record<string, string>>) =>
      cluster().api.send(
        "POST",
        "/api/v1/namespaces/elsewhere/pods?dryRun=All",
        podOf("robbed", { namespace: "elsewhere", labels, annotations }),
      );
    for (const family of ["fluid.io", "juicefs.com"]) {
      const { status: code, body } = await create({ [`done.sidecar.${family}/inject`]: "true" });
      expect(code).toBe(422);
      expect(textAt(body, "message")).toContain(
        "sluice.io/status names client fluid-fuse-0, which is not in the pod",
      );
    }
    expect((await create({})).status).toBe(201);
  });

  it.each([
    ["containers", 3_000, 1],
    ["volumes", 1, 10_000],
  ])("a pod without a claim comes in however many %s it has", async (_what, containers, volumes) => {
    const before = await cluster().plane.metric(calls, ours);
    const path = "/api/v1/namespaces/demo/pods?dryRun=All";
    const { status, body } = await cluster().api.send("POST", path, emptyPod(containers, volumes));
    expect(textAt(body, "message")).toBe("");
    expect(status).toBe(201);
    expect((await cluster().plane.metric(calls, ours)) - before).toBe(0);
  });

  it("no condition or policy was found wrong by the API server", async () => {
    const failures = "apiserver_admission_match_condition_evaluation_errors_total";
    expect(await cluster().plane.metric(failures)).toBe(0);
    const policies = await eventually("the policy's types were checked", async () => {
      const path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
      const found = await cluster().api.list(path);
      return found.every(({ status }) => typeof status === "object") ? found : undefined;
    });
    expect(policies.length).toBeGreaterThan(0);
    for (const policy of policies)
      expect(listAt(policy, "status", "typeChecking", "expressionWarnings")).toEqual([]);
  });

  it("while no replica answers, only pods that asked for data are kept out, and opting out lets them in", async () => {
    const scale = async (replicas: number) => {
      const to = `--replicas=${replicas}`;
      await cluster().kubectl.do(["scale", "deployment/sluice", to, "-n", sluiceNamespace]);
      await cluster().replicas.ready(replicas);
    };
    onTestFinished(() => scale(2));
    await scale(0);
    const create = (name: string, options: Parameters<typeof podOf>[1]) => {
      const pod = podOf(name, options);
      const path = `/api/v1/namespaces/${textAt(pod, "metadata", "namespace")}/pods?dryRun=All`;
      return cluster().api.send("POST", path, pod);
    };
    const asking = await create("asking", { claims: ["imagenet"] });
    expect(asking.status).toBe(500);
    expect(textAt(asking.body, "message")).toContain('failed calling webhook "namespace.sluice.io"');
    const out = { "sluice.io/inject": "false" };
    expect((await create("broken-glass", { claims: ["imagenet"], labels: out })).status).toBe(201);
    expect((await create("plain", {})).status).toBe(201);
    expect((await create("foreign", { namespace: "elsewhere", claims: ["imagenet"] })).status).toBe(201);
    await scale(2);
    expect((await create("asking", { claims: ["imagenet"] })).status).toBe(201);
  });

  it("uninstalling leaves nothing behind, and pods come as if Sluice had never been there", {
    timeout: 180_000,
  }, async () => {
    // It may have been removed by a try that failed, or half of it.
    await eventually("it is installed", () => install(cluster()).then(() => true));
    const shell = new UserShell(cluster());
    await shell.do(command("kubectl delete mutatingwebhookconfiguration"));
    await shell.do(command("kubectl delete -f"));
    expect(await nothingOfSluice(cluster())).toContain("namespace/demo");
    const answer = await cluster().api.send(
      "POST",
      "/api/v1/namespaces/demo/pods?dryRun=All",
      podOf("alone", { claims: ["imagenet"] }),
    );
    expect(answer.status).toBe(201);
    expect(clientsOf(answer.body)).toEqual([]);
  });
});
