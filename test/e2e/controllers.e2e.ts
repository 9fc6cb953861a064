import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { at, type Fields, fieldsOf, textAt } from "./harness/fields.ts";
import { FinishingKubelet, gatesOf, phaseOf } from "./harness/finishing-kubelet.ts";
import { asking, clusterWithControllers, holderOf, leaderOf } from "./harness/install-controllers.ts";
import { addObject, parseObjects } from "./harness/objects.ts";
import { clientsOf, podOf, podSpecOf } from "./harness/pods.ts";
import type { TestCluster } from "./harness/test-cluster.ts";

const demoPods = "/api/v1/namespaces/demo/pods";
const demoJobs = "/apis/batch/v1/namespaces/demo/jobs";
const imagenet = "/apis/data.fluid.io/v1alpha1/namespaces/demo/datasets/imagenet";

function job(name: string, more: Fields = {}): Fields {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: "demo" },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels: { app: name }, annotations: { "sluice.io/sidecar": "classic" } },
        spec: { restartPolicy: "Never", ...podSpecOf(["imagenet"]) },
      },
      ...more,
    },
  };
}

async function podOfJob(cluster: TestCluster, name: string): Promise<Fields> {
  return eventually(`Job ${name} has its pod`, async () => {
    const [pod] = await cluster.api.list(`${demoPods}?labelSelector=app%3D${name}`);
    return pod;
  });
}

/** How often the leader has patched a pod to end a client or a guard. */
async function toldToEnd(cluster: TestCluster): Promise<number> {
  const { text } = await (await leaderOf(cluster)).ask("/metrics");
  const line = /^sluice_controller_work_total\{controller="end-clients",result="ended"\} (\d+)$/m.exec(text);
  return Number(line?.[1] ?? 0);
}

async function conditionOf(cluster: TestCluster, path: string): Promise<string> {
  const conditions = at(await cluster.api.get(path), "status", "conditions");
  const all = Array.isArray(conditions) ? conditions : [];
  return all
    .filter((one) => textAt(one, "status") === "True")
    .map((one) => textAt(one, "type"))
    .join(" ");
}

const copies = 'controllers.copyClientObjects={"from":["vision"],"to":["research"]}';

describeCluster(
  "background work",
  () => clusterWithControllers([copies], { vision: asking, research: asking }),
  (cluster) => {
    describe("zero to zero", () => zeroToZeroCases(cluster));
    describe("how clients are", () => censusCases(cluster));
    describe("waiting for a warm cache", () => cacheWaitCases(cluster));
    describe("what a reference dataset's client needs", () => copyCases(cluster));
  },
);

function censusCases(cluster: () => TestCluster): void {
  it("counts what a kubelet tells of a client: it serves, is killed for want of memory, is gone", async () => {
    const pod = await cluster().api.createAnew(demoPods, podOf("counted", { claims: ["imagenet"] }));
    expect(clientsOf(pod)).toEqual(["fluid-fuse-0"]);
    const metric = async (name: string) => {
      const { text } = await (await leaderOf(cluster())).ask("/metrics");
      const line = text.split("\n").find((one) => one.startsWith(`${name} `));
      return Number(line?.slice(name.length) ?? 0);
    };
    const of = 'runtime="alluxio",platform="kubernetes"';
    const serving = `sluice_clients{state="serving",reason="serves",${of}}`;
    const killed = `sluice_clients{state="serving",reason="out-of-memory",${of}}`;
    const kills = `sluice_client_oom_kills_total{${of}}`;
    const onCache = 'sluice_injected_pods{cache="on"}';
    const before = { serving: await metric(serving), kills: await metric(kills) };
    await eventually("it has a node", async () =>
      textAt(await cluster().api.get(`${demoPods}/counted`), "spec", "nodeName"),
    );
    await tell(cluster(), {});
    await eventually("it serves", async () => (await metric(serving)) === before.serving + 1);
    await eventually("it is on a node with the cache", async () => (await metric(onCache)) > 0);
    const finishedAt = new Date().toISOString();
    const lastState = { terminated: { exitCode: 137, reason: "OOMKilled", finishedAt } };
    await tell(cluster(), { restartCount: 1, lastState });
    await eventually("it was killed", async () => (await metric(kills)) === before.kills + 1);
    await eventually("it serves again", async () => (await metric(killed)) === 1);
    await cluster().api.delete(`${demoPods}/counted?gracePeriodSeconds=0`);
    await eventually("it is gone", async () => (await metric(killed)) === 0);
  });
}

/** As the kubelet of its node tells of the pod "counted", whose containers all run. */
function tell(cluster: TestCluster, client: Fields): Promise<unknown> {
  const status = (name: string, more: Fields = {}) => ({
    name,
    image: "i",
    imageID: "i",
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: new Date().toISOString() } },
    ...more,
  });
  return cluster.api.patch(
    `${demoPods}/counted/status`,
    {
      status: {
        phase: "Running",
        initContainerStatuses: [status("sluice-guard"), status("fluid-fuse-0", client)],
        containerStatuses: [status("app")],
      },
    },
    "merge",
  );
}

function zeroToZeroCases(cluster: () => TestCluster): void {
  it("a finished Job with a classic client ends, completes, and costs two calls", async () => {
    const kubelet = new FinishingKubelet(cluster().api, "demo");
    onTestFinished(() => kubelet.close());
    const before = await toldToEnd(cluster());
    await cluster().api.createAnew(demoJobs, job("once"));
    const made = await podOfJob(cluster(), "once");
    expect(clientsOf(made)).toEqual(["fluid-fuse-0"]);
    expect(at(made, "metadata", "labels", "sluice.io/needs-controllers")).toBe("true");
    kubelet.endApp(textAt(made, "metadata", "name"));
    await eventually("the Job is complete", async () =>
      (await conditionOf(cluster(), `${demoJobs}/once`)).includes("Complete"),
    );
    const pod = await podOfJob(cluster(), "once");
    expect([phaseOf(pod), at(pod, "metadata", "annotations", "sluice.io/end")]).toEqual([
      "Succeeded",
      "fluid-fuse-0 sluice-guard",
    ]);
    expect((await toldToEnd(cluster())) - before).toBe(2);
    await kubelet.close();
    expect(kubelet.troubles).toEqual([]);
  });

  it("a Job whose app fails fails, though its client ends with 0", async () => {
    const kubelet = new FinishingKubelet(cluster().api, "demo");
    onTestFinished(() => kubelet.close());
    await cluster().api.createAnew(demoJobs, job("failing"));
    kubelet.endApp(textAt(await podOfJob(cluster(), "failing"), "metadata", "name"), 3);
    await eventually("the Job has failed", async () =>
      (await conditionOf(cluster(), `${demoJobs}/failing`)).includes("Failed"),
    );
    await kubelet.close();
  });

  it("a pod that is started again for ever, and one with native clients, are left alone", async () => {
    const annotations = { "sluice.io/sidecar": "classic" };
    const forever = await cluster().api.createAnew(
      demoPods,
      podOf("forever", { claims: ["imagenet"], annotations }),
    );
    const native = await cluster().api.createAnew(demoPods, podOf("native", { claims: ["imagenet"] }));
    for (const pod of [forever, native]) {
      expect(clientsOf(pod)).toEqual(["fluid-fuse-0"]);
      expect(at(pod, "metadata", "labels", "sluice.io/needs-controllers")).toBeUndefined();
    }
  });

  it("no Job is forgotten while leaders are killed, deleted and started again", {
    timeout: 600_000,
  }, async () => {
    const kubelet = new FinishingKubelet(cluster().api, "demo");
    onTestFinished(() => kubelet.close());
    const names = Array.from({ length: 40 }, (_, index) => `many-${index}`);
    await Promise.all(names.map((name) => cluster().api.createAnew(demoJobs, job(name))));
    const pods = await Promise.all(names.map((name) => podOfJob(cluster(), name)));
    const end = (from: number, to: number) => {
      for (const pod of pods.slice(from, to)) kubelet.endApp(textAt(pod, "metadata", "name"));
    };
    end(0, 10);
    const killed = await leaderOf(cluster());
    await killed.process.stop("SIGKILL");
    end(10, 20);
    // The Lease of one that was killed has to run out.
    await eventually("another leads", async () => {
      const holder = await holderOf(cluster());
      return holder !== "" && !holder.startsWith(`${killed.name}_`);
    });
    const deleted = await leaderOf(cluster());
    await cluster().api.delete(`/api/v1/namespaces/sluice-system/pods/${deleted.name}`, 10);
    end(20, 40);
    await eventually("all Jobs are complete", async () => {
      const jobs = await cluster().api.list(demoJobs);
      const done = jobs.filter(
        (one) => textAt(one, "metadata", "name").startsWith("many-") && at(one, "status", "succeeded") === 1,
      );
      return done.length === names.length;
    });
    await kubelet.close();
  });

  it("has no more rights than it needs", async () => {
    const can = async (verb: string, what: string) => {
      const as = "--as=system:serviceaccount:sluice-system:sluice-controllers";
      const { stdout } = await cluster().kubectl.run(["auth", "can-i", verb, what, "-n", "demo", as]);
      return stdout.trim();
    };
    expect(await can("patch", "pods")).toBe("yes");
    for (const [verb, what] of [
      ["create", "pods"],
      ["delete", "pods"],
      ["create", "pods/exec"],
      ["get", "secrets"],
      ["list", "secrets"],
      ["patch", "datasets.data.fluid.io"],
      ["update", "leases.coordination.k8s.io"],
    ] as const)
      expect(`${verb} ${what} ${await can(verb, what)}`).toBe(`${verb} ${what} no`);
  });
}

function cacheWaitCases(cluster: () => TestCluster): void {
  const cached = (cachedPercentage: string) =>
    cluster().api.patch(`${imagenet}/status`, { status: { cacheStates: { cachedPercentage } } });
  const asking = (more: Readonly<Record<string, string>>) => ({
    claims: ["imagenet"],
    annotations: { "sluice.io/wait-for-cache": "80%", ...more },
  });
  /** Until all replicas of the webhook know it: they give no gate to a pod whose cache they take for warm. */
  const cold = async (percentage = "1%") => {
    await cached(percentage);
    await eventually("pods have to wait", async () => {
      for (let times = 0; times < 6; times++) {
        const pod = podOf(undefined, asking({}));
        if (gatesOf(await cluster().api.create(`${demoPods}?dryRun=All`, pod)).length === 0) return false;
      }
      return true;
    });
  };
  const eventsOf = async (pod: Fields) =>
    (await cluster().api.list("/api/v1/namespaces/demo/events"))
      .filter((event) => textAt(event, "involvedObject", "uid") === textAt(pod, "metadata", "uid"))
      .map((event) => textAt(event, "reason"));

  it("a pod is not scheduled until enough is cached, and says what it waits for", async () => {
    await cold("20.5%");
    const made = await cluster().api.createAnew(demoPods, podOf("patient", asking({})));
    expect(gatesOf(made)).toEqual(["sluice.io/cache"]);
    const said = await eventually("it says what it waits for", async () => {
      const text = await cluster().kubectl.do(["describe", "pod", "patient", "-n", "demo"]);
      return text.includes("WaitingForCache") ? text : undefined;
    });
    expect(said).toContain("not scheduled yet: Dataset demo/imagenet is cached to 20.5% of the 80% wanted");
    const waiting = await cluster().api.get(`${demoPods}/patient`);
    expect(JSON.stringify(at(waiting, "status", "conditions"))).toContain("SchedulingGated");
    await cached("81%");
    const pod = await eventually("it is scheduled", async () => {
      const now = await cluster().api.get(`${demoPods}/patient`);
      return textAt(now, "spec", "nodeName") === "" ? undefined : now;
    });
    expect(textAt(pod, "spec", "nodeName")).toBe("node-a");
    expect(at(pod, "metadata", "annotations", "sluice.io/cache-wait-result")).toBe(
      "Dataset demo/imagenet is cached to 81%",
    );
    await eventually("that is told", async () => (await eventsOf(made)).includes("CacheWarm"));
  });

  it("a pod is scheduled once the DataLoad is complete", async () => {
    const loads = "/apis/data.fluid.io/v1alpha1/namespaces/demo/dataloads";
    const annotations = { "sluice.io/wait-for-cache": "data-load" };
    await cluster().api.remove(`${loads}/warm-up`);
    const made = await cluster().api.createAnew(
      demoPods,
      podOf("loaded", { claims: ["imagenet"], annotations }),
    );
    await cluster().api.create(loads, {
      apiVersion: "data.fluid.io/v1alpha1",
      kind: "DataLoad",
      metadata: { name: "warm-up", namespace: "demo" },
      spec: { dataset: { name: "imagenet", namespace: "demo" } },
    });
    await eventually("it waits", async () => (await eventsOf(made)).includes("WaitingForCache"));
    await cluster().api.patch(`${loads}/warm-up/status`, { status: { phase: "Executing" } });
    await cluster().api.patch(`${loads}/warm-up/status`, { status: { phase: "Complete" } });
    await eventually("it is scheduled", async () =>
      textAt(await cluster().api.get(`${demoPods}/loaded`), "spec", "nodeName"),
    );
  });

  it("a pod starts all the same when its time is over", async () => {
    await cold();
    const hasty = podOf("hasty", asking({ "sluice.io/wait-for-cache-limit": "2s" }));
    const made = await cluster().api.createAnew(demoPods, hasty);
    await eventually("it is scheduled", async () =>
      textAt(await cluster().api.get(`${demoPods}/hasty`), "spec", "nodeName"),
    );
    await eventually("that is told", async () => (await eventsOf(made)).includes("CacheStillCold"));
  });

  it("a Job's pod fails when its time is over and it asks for that, and the Job with it", async () => {
    await cold();
    const annotations = {
      "sluice.io/wait-for-cache": "80%",
      "sluice.io/wait-for-cache-limit": "2s",
      "sluice.io/wait-for-cache-else": "fail",
    };
    const template = {
      metadata: { labels: { app: "strict" }, annotations },
      spec: { restartPolicy: "Never", ...podSpecOf(["imagenet"]) },
    };
    await cluster().api.createAnew(demoJobs, job("strict", { template }));
    await eventually("the Job has failed", async () =>
      (await conditionOf(cluster(), `${demoJobs}/strict`)).includes("Failed"),
    );
    const pod = await podOfJob(cluster(), "strict");
    expect(at(pod, "status")).toMatchObject({ phase: "Failed", reason: "CacheNotWarm" });
  });

  it("the commands of docs/controllers.md show who waits and who leads, and let a pod go by hand", async () => {
    await cold();
    await cluster().api.createAnew(demoPods, podOf("train", asking({})));
    const waiting = ["get", "pods", "-A", "-l", "sluice.io/needs-controllers=true"];
    const shown = await cluster().kubectl.do([...waiting, "--field-selector", "status.phase=Pending"]);
    expect(shown).toContain("train");
    const lease = await cluster().kubectl.do(["-n", "sluice-system", "get", "lease", "sluice-controllers"]);
    expect(lease).toContain((await leaderOf(cluster())).name);
    const patch = '[{"op":"remove","path":"/spec/schedulingGates/0"}]';
    await cluster().kubectl.do(["patch", "pod", "train", "-n", "demo", "--type", "json", "-p", patch]);
    await eventually("it is scheduled", async () =>
      textAt(await cluster().api.get(`${demoPods}/train`), "spec", "nodeName"),
    );
  });

  it("nobody waits for ever because the leader was killed", async () => {
    await cold();
    const leader = await leaderOf(cluster());
    await leader.process.stop("SIGKILL");
    await cluster().api.createAnew(demoPods, podOf("after-all", asking({})));
    await cached("99%");
    await eventually("it is scheduled by the next leader", async () =>
      textAt(await cluster().api.get(`${demoPods}/after-all`), "spec", "nodeName"),
    );
  });
}

const referenceFile = new URL("../golden/reference-objects-missing/cluster.yaml", import.meta.url);

function copyCases(cluster: () => TestCluster): void {
  const pods = "/api/v1/namespaces/research/pods";
  const secrets = (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`;
  const mine = "/apis/data.fluid.io/v1alpha1/namespaces/research/datasets/mine";
  const pod = (name: string) => podOf(name, { namespace: "research", claims: ["mine"] });

  /** What a try that failed has permitted is taken back, and what it has copied goes. */
  async function notCopied(): Promise<void> {
    const { api, kubectl } = cluster();
    if (textAt(await api.get(mine), "metadata", "annotations", said) === "") return;
    await kubectl.do([
      "-n",
      "vision",
      "annotate",
      "datasets.data.fluid.io",
      "corpus",
      "sluice.io/referable-from-",
    ]);
    await api.patch(mine, { metadata: { annotations: { [said]: null } } });
    await api.delete(`${secrets("research")}/jfs-secret`);
    await api.delete("/api/v1/namespaces/research/configmaps/corp-ca");
    await eventually(
      "pods are refused again",
      async () => (await api.send("POST", `${pods}?dryRun=All`, pod("early"))).status === 409,
    );
  }

  it("is copied once the owner permits it; pods are refused before that and served after it", async () => {
    for (const object of parseObjects(readFileSync(referenceFile, "utf8")))
      await addObject(cluster().api, complete(object));
    const { api, kubectl } = cluster();
    await api.createAnew(secrets("vision"), secretNamed("jfs-secret"));
    const configMap = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "corp-ca" },
      data: { ca: "one" },
    };
    await api.createAnew("/api/v1/namespaces/vision/configmaps", configMap);
    await notCopied();
    const before = await api.send("POST", pods, pod("early"));
    expect([before.status, textAt(before.body, "message")]).toEqual([
      409,
      expect.stringContaining("jfs-secret"),
    ]);
    await eventually("it is told that nobody permits it", async () =>
      (await api.list("/api/v1/namespaces/research/events")).find(
        (event) => textAt(event, "reason") === "ClientObjectsNotCopied",
      ),
    );
    expect((await api.send("GET", `${secrets("research")}/jfs-secret`)).status).toBe(404);

    const permit = "sluice.io/referable-from=research";
    await kubectl.do(["-n", "vision", "annotate", "datasets.data.fluid.io", "corpus", permit]);
    // The next leader looks at once; the one that leads would within a minute.
    await (await leaderOf(cluster())).process.stop("SIGTERM");
    await eventually("they are copied", async () => api.get(`${secrets("research")}/jfs-secret`));
    await eventually("that is said", async () =>
      textAt(await api.get(mine), "metadata", "annotations", said),
    );
    const served = await eventually("pods are served", () => api.createAnew(pods, pod("late")));
    expect(clientsOf(served)).toEqual(["fluid-fuse-0"]);
  });

  it("goes with the Dataset", async () => {
    await cluster().api.delete(mine);
    await eventually(
      "the copy is collected",
      async () => (await cluster().api.send("GET", `${secrets("research")}/jfs-secret`)).status === 404,
    );
    expect((await cluster().api.send("GET", `${secrets("vision")}/jfs-secret`)).status).toBe(200);
  });

  it("gives no right on Secrets of other namespaces", async () => {
    const as = "--as=system:serviceaccount:sluice-system:sluice-controllers";
    const can = async (verb: string, namespace: string) =>
      (await cluster().kubectl.run(["auth", "can-i", verb, "secrets", "-n", namespace, as])).stdout.trim();
    expect(await can("get", "vision")).toBe("yes");
    expect(await can("create", "vision")).toBe("no");
    expect(await can("create", "research")).toBe("yes");
    expect(await can("list", "research")).toBe("no");
    expect(await can("get", "demo")).toBe("no");
  });
}

const said = "sluice.io/client-objects";

function secretNamed(name: string): Fields {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData: { metaurl: "redis://x" } };
}

/** What a real API server wants to be told besides. */
function complete(object: Fields): Fields {
  const spec = fieldsOf(object["spec"]);
  const storage = "100Gi";
  if (object["kind"] === "PersistentVolume")
    return { ...object, spec: { ...spec, storageClassName: "fluid", capacity: { storage } } };
  if (object["kind"] === "PersistentVolumeClaim")
    return { ...object, spec: { ...spec, resources: { requests: { storage } } } };
  return object;
}
