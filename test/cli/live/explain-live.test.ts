import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Pod } from "kubernetes-types/core/v1";
import { afterEach, describe, expect, it } from "vitest";
import { decide } from "../../../src/admission/decide.ts";
import { demoClusterFiles } from "../../../src/cli/demo-cluster.ts";
import { run } from "../../../src/cli/explain.ts";
import { openManifestCluster } from "../../../src/cluster/manifest-cluster.ts";
import { defaultConfig } from "../../../src/config.ts";
import { containersOf } from "../../../src/pod/containers.ts";
import { creationOf } from "../../support/decide-pod.ts";
import { forbidden } from "../../support/fake-api-faults.ts";
import type { FakeApiServer } from "../../support/fake-api-server.ts";
import { Closing } from "../../support/live-cluster.ts";
import { runCaptured } from "../captured-io.ts";
import { serveDemoCluster } from "../demo-api.ts";
import { temporaryFolder } from "../demo-folder.ts";

const closing = new Closing();
afterEach(() => closing.all());

const startDemoApi = () => serveDemoCluster(closing);

const bare: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "train", namespace: "demo", uid: "uid-1", labels: { app: "train" } },
  spec: {
    containers: [{ name: "app", image: "app:1", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: "imagenet" } }],
  },
};

/** As the webhook made it, on node-a, where all of it runs. */
async function injectedPod(): Promise<Pod> {
  const folder = temporaryFolder();
  for (const [name, text] of demoClusterFiles) writeFileSync(join(folder, name.replaceAll("/", "-")), text);
  const cluster = await openManifestCluster(folder, { follow: false, kubernetesVersion: "1.33" });
  const { pod, verdict } = decide(creationOf(bare, { namespace: "demo" }), cluster.view, defaultConfig);
  await cluster.close();
  expect(verdict).toBe("injected");
  return onNode(pod);
}

function onNode(pod: Pod): Pod {
  const status = (list: string) =>
    containersOf(pod)
      .filter((found) => found.list === list)
      .map(({ container: { name, image = "" } }) => ({
        name,
        image,
        imageID: "",
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
      }));
  return {
    ...pod,
    spec: { containers: [], ...pod.spec, nodeName: "node-a" },
    status: {
      phase: "Running",
      conditions: [{ type: "PodScheduled", status: "True" }],
      initContainerStatuses: status("initContainers"),
      containerStatuses: status("containers"),
    },
  };
}

const put = (api: FakeApiServer, plural: string, object: object) =>
  api.store.put(plural, { metadata: { name: "" }, ...object });

async function explain(api: FakeApiServer, ...argv: string[]) {
  return runCaptured(run, [...argv, "-n", "demo"], { env: { KUBECONFIG: api.kubeconfig } });
}

describe("sluice explain pod/NAME", () => {
  it("tells a pod that is well, with where its cache is, and reads no more than it needs", async () => {
    const api = await startDemoApi();
    put(api, "pods", await injectedPod());
    const { code, stdout } = await explain(api, "pod/train");
    expect(stdout).toContain(
      "Pod demo/train: injected (sidecar mode, native sidecar, platform kubernetes, by version ",
    );
    expect(stdout).toMatch(/node node-a/);
    expect(stdout).toMatch(/Dataset demo\/imagenet \((no label )?fluid\.io\/s-demo-imagenet\)/);
    expect(stdout).toContain("fluid-fuse-0, claim imagenet: serving (serves)");
    expect(stdout).toMatch(/What would be decided now\n[\s\S]*it would come out the same\n$/);
    expect(code).toBe(0);
    const listed = api.calls.filter(({ verb }) => verb === "list").map(({ resource }) => resource);
    expect(new Set(listed)).toEqual(new Set(["nodes", "events"]));
    expect(api.calls.filter(({ verb }) => verb === "watch")).toEqual([]);
  });

  it("tells the same as JSON", async () => {
    const api = await startDemoApi();
    put(api, "pods", await injectedPod());
    const { stdout } = await explain(api, "po", "train", "-o", "json");
    const [report] = JSON.parse(stdout);
    expect(report).toMatchObject({
      kind: "Pod",
      namespace: "demo",
      name: "train",
      stands: { injectedBy: "sluice", sidecar: "native" },
      node: { name: "node-a" },
      clients: [{ container: "fluid-fuse-0", state: "serving", claims: ["imagenet"] }],
      now: { verdict: "injected" },
      drift: [],
    });
    expect(report.now.pod).toBeUndefined();
  });

  it("names what has changed since: the image, a part of the template, the namespace's label", async () => {
    const api = await startDemoApi();
    put(api, "pods", await injectedPod());
    const daemonSet = structuredClone(api.store.find("daemonsets", "imagenet-fuse", "demo"));
    const container = Object(daemonSet)["spec"].template.spec.containers[0];
    container.image = "alluxio:new";
    container.env = [...(container.env ?? []), { name: "NEW", value: "1" }];
    put(api, "daemonsets", Object(daemonSet));
    const changed = await explain(api, "pod/train");
    const words = changed.stdout.replace(/\s+/g, " ");
    expect(words).toMatch(/client fluid-fuse-0: its image is \S+, and the template's is alluxio:new now/);
    expect(words).toContain("client fluid-fuse-0: its env would be different now");
    put(api, "namespaces", { metadata: { name: "demo", labels: {} } });
    const { stdout } = await explain(api, "pod/train");
    expect(stdout).toContain("it was injected, and would not be injected now: ");
  });

  it("tells that its node has lost the cache's label, and that the pod would go elsewhere", async () => {
    const api = await startDemoApi();
    put(api, "pods", await injectedPod());
    const label = "fluid.io/s-demo-imagenet";
    const holders = ["node-a", "node-b", "node-c"].map((name) => Object(api.store.find("nodes", name)));
    expect(holders.some((node) => node.metadata?.labels?.[label] === "true")).toBe(true);
    const withLabel = (value?: string) => {
      const [node] = holders;
      const { [label]: _, ...others } = node.metadata.labels ?? {};
      const labels = value === undefined ? others : { ...others, [label]: value };
      put(api, "nodes", { ...node, metadata: { ...node.metadata, labels } });
    };
    withLabel("true");
    expect((await explain(api, "pod/train")).stdout).toContain(
      `it holds the cache of Dataset demo/imagenet (${label})`,
    );
    withLabel();
    expect((await explain(api, "pod/train")).stdout.replace(/\s+/g, " ")).toContain(
      `it does not hold the cache of Dataset demo/imagenet (no label ${label})`,
    );
  });

  it("tells of a pod that slipped through", async () => {
    const api = await startDemoApi();
    put(api, "pods", onNode(bare));
    const { code, stdout } = await explain(api, "pod/train");
    expect(stdout).toContain("Pod demo/train: not injected\n");
    expect(stdout).toContain("it has no client, and would get one now: ");
    expect(stdout).toMatch(/^ {2}What would be decided now\n {4}injected /m);
    expect(stdout).not.toMatch(/^ {2}Why$/m);
    expect(code).toBe(1);
  });

  it("takes a pod for well that is left to the node's driver", async () => {
    const api = await startDemoApi();
    const annotations = { "sluice.io/mode": "csi" };
    put(api, "pods", onNode({ ...bare, metadata: { ...bare.metadata, annotations } }));
    const { code, stdout } = await explain(api, "pod/train");
    expect(stdout).toContain("Pod demo/train: left to the node's CSI driver\n");
    expect(code).toBe(0);
  });

  it("tells why a client does not come up, with the remedy, and ends with 1", async () => {
    const api = await startDemoApi();
    const pod = await injectedPod();
    const statuses = pod.status?.initContainerStatuses?.map((status) =>
      status.name === "fluid-fuse-0"
        ? { ...status, state: { waiting: { reason: "ErrImagePull", message: "no such tag" } } }
        : status,
    );
    put(api, "pods", { ...pod, status: { ...pod.status, initContainerStatuses: statuses } });
    const { code, stdout } = await explain(api, "pod/train");
    expect(stdout).toContain("fluid-fuse-0, claim imagenet: waiting (image-pull)");
    expect(stdout).toMatch(/Remedy: see that the image exists/);
    expect(code).toBe(1);
  });

  it("names each right that is missing, and tells the rest", async () => {
    const api = await startDemoApi();
    put(api, "pods", await injectedPod());
    for (const resource of ["nodes", "events", "daemonsets"]) api.fail({ resource }, forbidden);
    const { stderr, stdout } = await explain(api, "pod/train");
    expect(stderr).toContain("not seen: Events of namespace demo: you may not list events\n");
    expect(stderr).toContain("not seen: Node node-a: you may not get nodes\n");
    expect(stderr).toContain("not seen: DaemonSet demo/imagenet-fuse: you may not get daemonsets\n");
    expect(stdout).toContain("Pod demo/train: injected");
  });

  it("tells of what is not there, and of what may not be read, and ends with 1", async () => {
    const api = await startDemoApi();
    const gone = await explain(api, "pod/train", "deploy/web", "pvc/none", "dataset/none");
    expect(gone.stderr).toContain("Pod demo/train: does not exist\nDeployment demo/web: does not exist\n");
    expect(gone.stderr).toContain(
      "PersistentVolumeClaim demo/none: does not exist\nDataset demo/none: does not exist\n",
    );
    expect(gone.code).toBe(1);
    api.fail({ resource: "pods" }, forbidden);
    const hidden = await explain(api, "pod/train");
    expect(hidden.stderr).toContain("Pod demo/train: you may not get pods\n");
    expect(hidden.code).toBe(1);
  });
});

describe("sluice explain of a workload", () => {
  it("tells what becomes of its next pod, and shows those that differ", async () => {
    const api = await startDemoApi();
    const selector = { matchLabels: { app: "train" } };
    const template = { metadata: { labels: { app: "train" } }, spec: bare.spec };
    put(api, "deployments", { metadata: { name: "train", namespace: "demo" }, spec: { selector, template } });
    put(api, "pods", await injectedPod());
    const old = onNode(bare);
    put(api, "pods", { ...old, metadata: { ...old.metadata, name: "old" } });
    const { code, stdout } = await explain(api, "deployment/train");
    expect(stdout).toContain("Deployment demo/train: 2 pods, 1 of them injected\n");
    expect(stdout).toContain("train on node-a: fluid-fuse-0 serving (serves)\n");
    expect(stdout).toContain("old on node-a: not injected\n");
    expect(stdout).toContain("Pod demo/old: not injected");
    expect(stdout).not.toContain("Pod demo/train: injected");
    expect(code).toBe(1);
  });
});

describe("sluice explain of a workload of any kind", () => {
  const selector = { matchLabels: { app: "train" } };
  const template = { metadata: { labels: { app: "train" } }, spec: bare.spec };
  const owner = [{ apiVersion: "batch/v1", kind: "CronJob", name: "train", uid: "cron-1", controller: true }];
  const jobLabels = { app: "train", "batch.kubernetes.io/job-name": "train-1" };

  it.each<[string, string, object]>([
    ["statefulset/train", "statefulsets", { selector, template }],
    ["ds/train", "daemonsets", { selector, template }],
    ["rs/train", "replicasets", { selector, template }],
    ["job/train", "jobs", { selector, template }],
    ["rc/train", "replicationcontrollers", { selector: selector.matchLabels, template }],
    ["cj/train", "cronjobs", { jobTemplate: { spec: { template } } }],
  ])("%s tells its pods and what becomes of the next", async (asked, plural, spec) => {
    const api = await startDemoApi();
    put(api, plural, { metadata: { name: "train", namespace: "demo", uid: "cron-1" }, spec });
    put(api, "jobs", { metadata: { name: "train-1", namespace: "demo", ownerReferences: owner } });
    const pod = await injectedPod();
    const labels = { ...pod.metadata?.labels, ...jobLabels };
    put(api, "pods", { ...pod, metadata: { ...pod.metadata, labels } });
    const { code, stdout, stderr } = await explain(api, asked);
    expect(code).toBe(0);
    expect(stderr.split("\n").filter((line) => line !== "" && !line.includes("ConfigMap"))).toEqual([]);
    expect(stdout).toMatch(/ demo\/train: 1 pods, 1 of them injected\n/);
    expect(stdout).toContain("train on node-a: fluid-fuse-0 serving (serves)\n");
    expect(stdout).toContain("What would be decided about its next pod");
  });
});

describe("sluice explain of a claim or Dataset", () => {
  it.each(["pvc/imagenet", "dataset/imagenet"])(
    "tells what serves %s, its nodes and its pods",
    async (asked) => {
      const api = await startDemoApi();
      put(api, "pods", await injectedPod());
      const old = onNode(bare);
      put(api, "pods", { ...old, metadata: { ...old.metadata, name: "old" } });
      const { code, stdout } = await explain(api, asked);
      expect(stdout).toContain(" demo/imagenet: can be served\n");
      expect(stdout).toContain("made from DaemonSet demo/imagenet-fuse");
      expect(stdout).toMatch(/\d+ with label fluid\.io\/s-demo-imagenet=true/);
      expect(stdout).toContain("train on node-a: fluid-fuse-0 serving (serves)");
      expect(stdout).toContain("old on node-a: mounts the claim itself");
      expect(code).toBe(0);
    },
  );
});

describe("sluice explain, called with what it cannot use", () => {
  it.each([
    [["pod"], /name the object as KIND\/NAME/],
    [["pood/a"], /nothing is known of a "pood", did you mean pod\?/],
    [["pod/../../secrets"], /cannot be the name of an object/],
    [["pod/a", "-f", "-"], /not both/],
    [["pod/a", "-n", "A"], /cannot be the name of a namespace/],
    [["pod/a", "--cluster", "."], /is asked of a live cluster/],
  ])("%j", async (argv, problem) => {
    const api = await startDemoApi();
    const { code, stderr } = await runCaptured(run, argv, { env: { KUBECONFIG: api.kubeconfig } });
    expect(stderr).toMatch(problem);
    expect(code).toBe(2);
  });

  it("ends with 2 where there is no cluster", async () => {
    const env = { KUBECONFIG: join(temporaryFolder(), "none") };
    const { code, stderr } = await runCaptured(run, ["pod/a"], { env });
    expect(stderr).toMatch(/^sluice explain: .*none/);
    expect(code).toBe(2);
  });
});
