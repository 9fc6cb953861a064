import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { demoClusterFiles } from "../../../src/cli/demo-cluster.ts";
import { defaultConfig } from "../../../src/config.ts";
import { allPods, auditPods } from "../../../src/controllers/audit/audit-pods.ts";
import type { MissedPod } from "../../../src/controllers/audit/missed-pod.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import { startControllers } from "../../support/controllers.ts";
import { answering, forbidden } from "../../support/fake-api-faults.ts";
import type { FakeApiServer } from "../../support/fake-api-server.ts";
import type { ApiObject } from "../../support/fake-api-store.ts";
import { Closing, startApi } from "../../support/live-cluster.ts";
import { eventually } from "../../support/node-sandbox.ts";

const closing = new Closing();
let api: FakeApiServer;
beforeEach(async () => {
  api = await startApi(closing);
  for (const text of demoClusterFiles.values()) putAll(text);
});
afterEach(() => closing.all());

function putAll(manifests: string): void {
  for (const document of parseAllDocuments(manifests)) {
    const object = document.toJS();
    const plural = { StorageClass: "storageclasses" }[String(object.kind)] ?? `${object.kind.toLowerCase()}s`;
    api.store.put(plural, object);
  }
}

const labels = { "pod-template-hash": "5d4f" };

/** A pod in namespace demo, which opts in, that nobody has injected. */
function putPod(name: string, { owner = {}, annotations = {}, namespace = "demo" } = {}): void {
  api.store.put("pods", {
    metadata: {
      name,
      namespace,
      labels,
      annotations,
      ...(Object.keys(owner).length === 0
        ? {}
        : { ownerReferences: [{ apiVersion: "apps/v1", controller: true, ...owner }] }),
    },
    spec: {
      containers: [{ name: "app", image: "app:1", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "imagenet" } }],
    },
    status: { phase: "Running" },
  });
}

const ofWeb = { owner: { kind: "ReplicaSet", name: "web-5d4f", uid: "uid-rs" } };

function putDeployment(name: string, { annotations = {}, ...more } = {}, namespace = "demo"): void {
  api.store.put("deployments", {
    metadata: { name, namespace, uid: `uid-${name}`, generation: 1 },
    spec: { template: { metadata: { annotations } }, ...more },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1 },
  });
}

function start(restartPause?: number, interval = 60_000, ns: readonly string[] = []) {
  const audit = {
    ...defaultConfig.controllers.audit,
    excludedNamespaces: [...ns],
    interval,
    restart: { enabled: restartPause !== undefined, pause: restartPause ?? 0 },
  };
  const config = { ...defaultConfig, controllers: { ...defaultConfig.controllers, audit } };
  return startControllers(closing, api, { audit: { access: { kubeconfig: api.kubeconfig }, config } });
}

const events = (): ApiObject[] => [...api.store.collection("events").objects.values()];
const told = () =>
  events()
    .map(
      ({ involvedObject, reason }) =>
        `${Object(involvedObject).kind} ${Object(involvedObject).name}: ${reason}`,
    )
    .sort();
const metric = async (running: Awaited<ReturnType<typeof start>>, name: string) =>
  (await running.metrics()).split("\n").filter((line) => line.startsWith(name));
const annotationsOf = (name: string): Record<string, string> => {
  const template = Object(Object(api.store.find("deployments", name, "demo")?.["spec"]).template);
  return Object(Object(template.metadata).annotations);
};

describe("looking for pods that slipped through", () => {
  it("counts them, and tells each workload once, or the pod that none makes, with the remedy", async () => {
    putDeployment("web");
    putPod("web-5d4f-a", ofWeb);
    putPod("web-5d4f-b", ofWeb);
    putPod("alone");
    const running = await start();
    await eventually("it is told", () => told().length === 2);
    expect(told()).toEqual(["Deployment web: RunsWithoutDatasets", "Pod alone: RunsWithoutDatasets"]);
    expect(events().find(({ involvedObject }) => Object(involvedObject).kind === "Deployment")).toMatchObject(
      {
        type: "Warning",
        involvedObject: { apiVersion: "apps/v1", uid: "uid-web" },
        message:
          "pod web-5d4f-a and 1 other run without a client for Dataset demo/imagenet: kubectl -n demo rollout restart deployment/web",
      },
    );
    expect(await metric(running, "sluice_missed_pods{")).toEqual([
      'sluice_missed_pods{made_by="none",fate="injected"} 1',
      'sluice_missed_pods{made_by="Deployment",fate="injected"} 2',
    ]);
    expect(await metric(running, "sluice_audited_pods ")).toEqual(["sluice_audited_pods 3"]);
  });

  it("sees that they are gone", async () => {
    putPod("alone");
    const running = await start(undefined, 100);
    await eventually(
      "it is counted",
      async () => (await metric(running, "sluice_missed_pods{")).length === 1,
    );
    api.store.delete("pods", "alone", "demo");
    await eventually(
      "it is not any more",
      async () => (await metric(running, "sluice_missed_pods{")).length === 0,
    );
  });

  it("goes on through pages, and begins anew where the server has lost the first one", async () => {
    for (let at = 0; at < 1_203; at++) putPod(`pod-${at}`);
    api.fail(({ resource, query }) => resource === "pods" && query.has("continue"), answering(410), 1);
    const running = await start();
    await eventually(
      "all are counted",
      async () => (await metric(running, "sluice_audited_pods 1203")).length === 1,
    );
    expect(await metric(running, "sluice_missed_pods{")).toEqual([
      'sluice_missed_pods{made_by="none",fate="injected"} 1203',
    ]);
    const pages = api.callsOf("list", "pods").filter(({ query }) => query.has("fieldSelector"));
    expect(pages.every(({ query }) => query.get("limit") === "500")).toBe(true);
  });

  it("tells on the pod where the Deployment may not be read", async () => {
    putPod("web-5d4f-a", ofWeb);
    api.fail({ resource: "deployments" }, forbidden);
    await start();
    await eventually("it is told", () => told().join() === "Pod web-5d4f-a: RunsWithoutDatasets");
  });

  it("looks where it may where it may not look everywhere, and says where it may not", async () => {
    api.store.put("namespaces", {
      metadata: { name: "closed", labels: { "sluice.io/injection": "enabled" } },
    });
    putPod("alone");
    putPod("hidden", { namespace: "closed" });
    api.fail(
      ({ resource, namespace, query }) =>
        resource === "pods" && query.has("fieldSelector") && namespace !== "demo",
      forbidden,
    );
    const running = await start();
    await eventually("it is told", () => told().join() === "Pod alone: RunsWithoutDatasets");
    const [unread] = await metric(running, "sluice_unaudited_namespaces ");
    expect(Number(unread?.split(" ")[1])).toBeGreaterThanOrEqual(1);
    expect(running.logged.join("\n")).toContain('grant \\"list\\" on pods in namespace closed');
    expect(JSON.stringify(events())).not.toContain("hidden");
  });

  it("holds up nothing else where what it needs may not be read, and says so", async () => {
    api.fail({ resource: "storageclasses" }, forbidden);
    const running = await start();
    await eventually("others work", () => running.status()?.readyAt !== undefined);
    await eventually("it is told", () =>
      running.problems.join("\n").includes("storageclasses.storage.k8s.io for the audit"),
    );
  });

  it("restarts nothing unasked", async () => {
    putDeployment("web");
    putPod("web-5d4f-a", ofWeb);
    await start(undefined, 50);
    const sweeps = () => api.callsOf("list", "pods").filter(({ query }) => query.has("fieldSelector")).length;
    await eventually("it has looked some times", () => sweeps() > 3);
    expect(api.callsOf("patch", "deployments")).toEqual([]);
  });
});

describe("restarting their workloads", () => {
  it("as kubectl does, one at a time and each once", async () => {
    for (const name of ["one", "two"]) {
      putDeployment(name);
      putPod(`${name}-5d4f-a`, {
        owner: { kind: "ReplicaSet", name: `${name}-5d4f`, uid: `uid-rs-${name}` },
      });
    }
    const running = await start(300, 50);
    await eventually("one is restarted", () => annotationsOf("one")["sluice.io/restarted-for"] === "5d4f");
    expect(annotationsOf("one")["kubectl.kubernetes.io/restartedAt"]).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+Z$/);
    await eventually("the other is, too", () => annotationsOf("two")["sluice.io/restarted-for"] === "5d4f");
    const sweeps = () => api.callsOf("list", "pods").filter(({ query }) => query.has("fieldSelector")).length;
    const before = sweeps();
    await eventually("it has looked some more times", () => sweeps() > before + 3);
    const order = api.calls.filter(
      ({ verb, resource, query }) =>
        (verb === "patch" && resource === "deployments") ||
        (resource === "pods" && query.has("fieldSelector")),
    );
    const [first = -1, second = -1, ...more] = order.flatMap(({ verb }, at) =>
      verb === "patch" ? [at] : [],
    );
    expect(more).toEqual([]);
    // All pods were looked at once more between the two.
    expect(second).toBeGreaterThan(first + 1);
    expect(told()).toContain("Deployment one: RestartedForDatasets");
    expect(
      await metric(running, 'sluice_controller_work_total{controller="audit",result="restarted"}'),
    ).toEqual(['sluice_controller_work_total{controller="audit",result="restarted"} 2']);
  });

  it("never touches bare pods, Jobs, and what would be refused", async () => {
    putPod("alone");
    putPod("once", { owner: { apiVersion: "batch/v1", kind: "Job", name: "once", uid: "uid-job" } });
    putDeployment("bad");
    putPod("bad-5d4f-a", {
      owner: { kind: "ReplicaSet", name: "bad-5d4f", uid: "u" },
      annotations: { "sluice.io/sidecar": "sideways" },
    });
    await start(1, 50);
    const sweeps = () => api.callsOf("list", "pods").filter(({ query }) => query.has("fieldSelector")).length;
    await eventually("it has looked some times", () => sweeps() > 3);
    expect(api.calls.filter(({ verb, resource }) => verb === "patch" && resource !== "events")).toEqual([]);
    expect(api.calls.filter(({ verb }) => verb === "delete")).toEqual([]);
    expect(told()).toEqual([
      "Deployment bad: RunsWithoutDatasets",
      "Job once: RunsWithoutDatasets",
      "Pod alone: RunsWithoutDatasets",
    ]);
  });

  it("stops, and says so, once the pods of one come without clients again", async () => {
    for (const name of ["one", "two"]) {
      putDeployment(name);
      putPod(`${name}-5d4f-a`, {
        owner: { kind: "ReplicaSet", name: `${name}-5d4f`, uid: `uid-rs-${name}` },
      });
    }
    const running = await start(200, 50);
    await eventually("one is restarted", () => annotationsOf("one")["sluice.io/restarted-for"] === "5d4f");
    api.store.delete("pods", "one-5d4f-a", "demo");
    putPod("one-77aa-a", {
      owner: { kind: "ReplicaSet", name: "one-5d4f", uid: "uid-rs-one" },
      annotations: { "sluice.io/restarted-for": "5d4f" },
    });
    await eventually("it is told", () => told().includes("Deployment one: StillWithoutDatasets"));
    await eventually("it is logged", () =>
      running.logged.join("\n").includes("nothing is restarted any more"),
    );
    const restarts = api.callsOf("patch", "deployments").length;
    const sweeps = () => api.callsOf("list", "pods").filter(({ query }) => query.has("fieldSelector")).length;
    const before = sweeps();
    await eventually("it has looked some more times", () => sweeps() > before + 6);
    expect(api.callsOf("patch", "deployments")).toHaveLength(restarts);
  });

  it("lets no marks that somebody made hold up another namespace", async () => {
    for (const file of ["namespace.yaml", "imagenet.yaml"])
      putAll((demoClusterFiles.get(file) ?? "").replaceAll("demo", "vision"));
    putDeployment("held", {}, "vision");
    putPod("held-5d4f-a", {
      owner: { kind: "ReplicaSet", name: "held-5d4f", uid: "uid-rs-held" },
      namespace: "vision",
    });
    putPod("forged", { namespace: "vision", annotations: { "sluice.io/restarted-for": "x" } });
    putDeployment("web");
    putPod("web-5d4f-a", ofWeb);
    await start(1, 50);
    await eventually("it is restarted", () => annotationsOf("web")["sluice.io/restarted-for"] === "5d4f");
    const sweeps = () => api.callsOf("list", "pods").filter(({ query }) => query.has("fieldSelector")).length;
    const before = sweeps();
    await eventually("it has looked some more times", () => sweeps() > before + 3);
    expect(api.callsOf("patch", "deployments").map(({ namespace }) => namespace)).toEqual(["demo"]);
    expect(told()).toContain("Pod forged: StillWithoutDatasets");
  });

  it("restarts nothing once more where somebody puts its template back", async () => {
    putDeployment("web");
    putPod("web-5d4f-a", ofWeb);
    await start(1, 30);
    await eventually("it is restarted", () => annotationsOf("web")["sluice.io/restarted-for"] === "5d4f");
    putDeployment("web");
    const sweeps = () => api.callsOf("list", "pods").filter(({ query }) => query.has("fieldSelector")).length;
    const before = sweeps();
    await eventually("it has looked some more times", () => sweeps() > before + 6);
    expect(api.callsOf("patch", "deployments")).toHaveLength(1);
  });

  it("leaves one alone that only has the name of the pod's", async () => {
    api.store.put("statefulsets", {
      metadata: { name: "web", namespace: "demo", uid: "uid-new", generation: 1 },
      spec: { template: {} },
      status: { observedGeneration: 1, currentRevision: "a", updateRevision: "a" },
    });
    putPod("web-0", { owner: { kind: "StatefulSet", name: "web", uid: "uid-old" } });
    const running = await start(1, 30);
    await eventually("it is told", () =>
      running.logged.join("\n").includes("the pods are those of another one"),
    );
    expect(api.callsOf("patch", "statefulsets")).toEqual([]);
  });

  it("two leaders for a moment restart it once", async () => {
    putDeployment("web");
    putPod("web-5d4f-a", ofWeb);
    const both = await Promise.all([start(50, 30), start(50, 30)]);
    await eventually("it is restarted", () => annotationsOf("web")["sluice.io/restarted-for"] !== undefined);
    const sweeps = () => api.callsOf("list", "pods").filter(({ query }) => query.has("fieldSelector")).length;
    const before = sweeps();
    await eventually("both have looked some more times", () => sweeps() > before + 8);
    const counts = await Promise.all(
      both.map((one) => metric(one, 'sluice_controller_work_total{controller="audit",result="restarted"}')),
    );
    expect(counts.flat()).toEqual(['sluice_controller_work_total{controller="audit",result="restarted"} 1']);
    expect(told().filter((one) => one.endsWith("RunsWithoutDatasets"))).toHaveLength(1);
  });

  it("leaves a workload alone that vanishes, and goes on with the next", async () => {
    putPod("gone-5d4f-a", { owner: { kind: "ReplicaSet", name: "gone-5d4f", uid: "u" } });
    putDeployment("web");
    putPod("web-5d4f-a", ofWeb);
    await start(50, 30);
    await eventually(
      "the other is restarted",
      () => annotationsOf("web")["sluice.io/restarted-for"] === "5d4f",
    );
  });

  it.each([
    ["that may not be read", "get", 403],
    ["whose restart a policy denies", "patch", 403],
    ["whose restart another webhook denies", "patch", 400],
  ])("leaves a workload alone %s, and goes on with the next", async (_what, verb, code) => {
    for (const name of ["guarded", "web"]) putDeployment(name);
    putPod("guarded-5d4f-a", { owner: { kind: "ReplicaSet", name: "guarded-5d4f", uid: "uid-rs-guarded" } });
    putPod("web-5d4f-a", ofWeb);
    api.fail(
      (call) => call.verb === verb && call.resource === "deployments" && call.name === "guarded",
      answering(code, "hands off"),
    );
    const running = await start(50, 30);
    await eventually(
      "the other is restarted",
      () => annotationsOf("web")["sluice.io/restarted-for"] === "5d4f",
    );
    await eventually("it is logged", () => running.logged.join("\n").includes("hands off"));
    expect(annotationsOf("guarded")).toEqual({});
  });
});

describe("what the audit remembers of its restarts", () => {
  const hours = 3_600_000;
  const maker = (name: string, revision: string) => ({
    kind: "Deployment",
    name,
    apiVersion: "apps/v1",
    uid: undefined,
    revision,
  });
  const missedPod = (name: string, namespace: string, restarted: boolean): MissedPod => ({
    namespace,
    name: `${name}-pod`,
    uid: `uid-${name}-pod`,
    created: "2026-01-01T00:00:00Z",
    maker: maker(name, restarted ? "77aa" : "5d4f"),
    mounts: ["Dataset demo/imagenet"],
    refusal: undefined,
    remedy: "restart it",
    restarted,
  });

  it("stays for as long as such pods come bare, however many days that takes", async () => {
    let at = 0;
    let missed: readonly MissedPod[] = [missedPod("web", "demo", false)];
    const patched: string[] = [];
    const workload = {
      metadata: { uid: "uid-web", generation: 1 },
      spec: { template: {} },
      status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1 },
    };
    const controller = auditPods({
      find: async () => ({ found: missed, looked: missed.length, unread: [] }),
      writer: {
        read: async () => workload,
        patch: async ({ namespace, name }) => {
          patched.push(`${namespace}/${name}`);
          return true;
        },
      },
      events: { tell: () => undefined },
      metrics: { setMissedPods: () => undefined, forgetMissedPods: () => undefined },
      log: createLog("silent", { write: () => undefined }),
      now: () => at,
      elapsed: () => at,
      intervalMs: 1,
      restartPauseMs: 1,
    });
    const look = async (after: number) => {
      at += after;
      const { result } = (await controller.work(allPods, new AbortController().signal)) ?? {};
      return result;
    };
    expect(await look(1 * hours)).toBe("restarted");
    // Its new pod came bare, too; and another workload could be restarted.
    missed = [missedPod("web", "demo", true), missedPod("other", "vision", false)];
    for (const _ of [1, 2, 3]) expect(await look(20 * hours)).toBe("restarts-stopped");
    expect(patched).toEqual(["demo/web"]);
    missed = [missedPod("other", "vision", false)];
    expect(await look(1 * hours)).toBe("restarted");
    expect(patched).toEqual(["demo/web", "vision/other"]);
  });
});
