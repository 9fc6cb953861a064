import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { clusterWithSluice, describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { at, type Fields, listAt, textAt } from "./harness/fields.ts";
import { clientsOf, podOf } from "./harness/pods.ts";
import { Running } from "./harness/processes.ts";
import { sluiceNamespace } from "./harness/replicas.ts";
import type { TestCluster } from "./harness/test-cluster.ts";

const daemonSetPath = "/apis/apps/v1/namespaces/demo/daemonsets/imagenet-fuse";
const proxyPort = 7443;
/** Of two replicas, each of which watches namespaces, nodes, claims, volumes, DaemonSets and Fluid's kinds. */
const leastWatches = 16;

describeCluster("between Sluice and the API server", clusterWithSluice, (cluster) => {
  let proxy: ApiProxy | undefined;
  const mode = async (name: Mode) => (await proxy?.turn(name)) ?? 0;

  beforeAll(async () => {
    proxy = await ApiProxy.open(cluster());
    const variable = `KUBERNETES_SERVICE_PORT=${proxyPort}`;
    await cluster().kubectl.do(["set", "env", "deployment/sluice", "-n", sluiceNamespace, variable]);
    await cluster().kubectl.do(["rollout", "status", "deployment/sluice", "-n", sluiceNamespace]);
    await cluster().replicas.ready();
    await changeImage(cluster(), "before-all");
    await imageSeen(cluster(), "before-all", 15);
  });
  afterAll(() => proxy?.running.stop());

  // First, for after a storm a watch may be in its pause and so cannot fall silent.
  it("watches gone silent: served meanwhile, and changes are seen within 100 s", {
    timeout: 180_000,
  }, async () => {
    expect(await mode("silent")).toBeGreaterThanOrEqual(leastWatches);
    await servedFor(cluster(), 5);
    await mode("pass");
    await changeImage(cluster(), "in-silence");
    // New objects do not depend on the watches: they are read when a pod asks for them.
    await cluster().addDataset("born-in-silence");
    const pod = podOf(undefined, { claims: ["born-in-silence"] });
    const made = await eventually(
      "a dataset that no watch has told of is served",
      () => cluster().api.create("/api/v1/namespaces/demo/pods?dryRun=All", pod),
      { seconds: 5 },
    );
    expect(clientsOf(made)).toHaveLength(1);
    expect(await seenImages(cluster())).not.toContain("in-silence");
    tell("silent watches", await imageSeen(cluster(), "in-silence", 100));
  });

  it("a storm of 5xx: what is known is served, and changes are seen within 30 s after it", async () => {
    await mode("storm");
    await changeImage(cluster(), "in-the-storm");
    await servedFor(cluster(), 12);
    expect(await seenImages(cluster())).not.toContain("in-the-storm");
    await mode("pass");
    tell("5xx storm of 12 s", await imageSeen(cluster(), "in-the-storm", 30));
  });

  it("a dataset that is made in a storm is never said to be missing, and served as soon as the storm is over", async () => {
    await mode("storm");
    await cluster().addDataset("storm-child");
    const pod = podOf(undefined, { claims: ["storm-child"] });
    const { status, body } = await cluster().api.send("POST", "/api/v1/namespaces/demo/pods?dryRun=All", pod);
    expect(status, textAt(body, "message")).toBeGreaterThanOrEqual(400);
    expect(textAt(body, "message")).not.toContain("does not exist");
    await mode("pass");
    const made = await eventually(
      "the pod is let in",
      () => cluster().api.create("/api/v1/namespaces/demo/pods?dryRun=All", pod),
      { seconds: 5 },
    );
    expect(clientsOf(made)).toHaveLength(1);
  });
});

type Mode = "pass" | "storm" | "silent";

/** Stands between the replicas and the API server. */
class ApiProxy {
  readonly running: Running;
  readonly #modeFile: string;

  private constructor(running: Running, modeFile: string) {
    this.running = running;
    this.#modeFile = modeFile;
  }

  static async open({ plane, sandbox }: TestCluster): Promise<ApiProxy> {
    const folder = join(plane.folder, "api-proxy");
    mkdirSync(folder);
    const modeFile = join(folder, "mode");
    writeFileSync(modeFile, "pass");
    const program = new URL("harness/api-proxy.js", import.meta.url).pathname;
    const pair = ["apiserver.crt", "apiserver.key"].map((file) => join(plane.pki.folder, file));
    const argv = [process.execPath, program, String(proxyPort), "6443", ...pair, modeFile];
    const running = new Running("api-proxy", sandbox.command(argv), join(folder, "log"));
    await eventually("the proxy listens", () => running.log().includes("listening"));
    return new ApiProxy(running, modeFile);
  }

  /** Resolves when it does so, with how many calls were under way. */
  async turn(mode: Mode): Promise<number> {
    const lines = () =>
      this.running
        .log()
        .split("\n")
        .filter((line) => line.startsWith(`${mode} begins`));
    const before = lines().length;
    writeFileSync(this.#modeFile, mode);
    const line = await eventually(`the proxy's ${mode} begins`, () => lines()[before], { pauseMs: 10 });
    return Number(/: (\d+) calls/.exec(line)?.[1]);
  }
}

/** For so long, all pods with a known dataset get their client. */
async function servedFor(cluster: TestCluster, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  let pods = 0;
  while (performance.now() < end) {
    expect(clientsOf(await tryPod(cluster))).toEqual(["fluid-fuse-0"]);
    pods++;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(pods).toBeGreaterThan(seconds);
}

function tryPod(cluster: TestCluster): Promise<Fields> {
  const pod = podOf(undefined, { claims: ["imagenet"] });
  return cluster.api.create("/api/v1/namespaces/demo/pods?dryRun=All", pod);
}

/** The client's template gets another image: nothing but the watch tells of it, for no pod is refused. */
async function changeImage({ api }: TestCluster, tag: string): Promise<void> {
  const path = "/spec/template/spec/containers/0/image";
  await api.patch(daemonSetPath, [{ op: "replace", path, value: `alluxio/alluxio-dev:${tag}` }], "json");
}

/** Of the clients of eight pods: whichever replica they came to. */
async function seenImages(cluster: TestCluster): Promise<string[]> {
  const pods = await Promise.all(Array.from({ length: 8 }, () => tryPod(cluster)));
  const images = pods.map((pod) => {
    const client = listAt(pod, "spec", "initContainers").find(({ name }) => name === "fluid-fuse-0");
    return String(at(client, "image")).split(":")[1] ?? "";
  });
  return [...new Set(images)];
}

/** Resolves with the seconds that it took until all pods get this image; each of them has its client all the time. */
async function imageSeen(cluster: TestCluster, tag: string, seconds: number): Promise<number> {
  const begun = performance.now();
  await eventually(
    `all clients have the image ${tag}`,
    async () => (await seenImages(cluster)).join() === tag,
    {
      seconds,
      pauseMs: 200,
    },
  );
  return (performance.now() - begun) / 1000;
}

function tell(what: string, seconds: number): void {
  process.stdout.write(`${what}: changes are seen ${seconds.toFixed(1)} s later\n`);
}
