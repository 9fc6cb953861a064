import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { ClusterCommand } from "../harness/cluster-command.ts";
import { eventually } from "../harness/eventually.ts";
import { type Fields, fieldsOf, listAt, textAt } from "../harness/fields.ts";
import { PageCommands } from "../harness/page-commands.ts";
import { clientsOf, podOf, podSpecOf } from "../harness/pods.ts";
import type { TestCluster } from "../harness/test-cluster.ts";
import { UserShell } from "../harness/user-shell.ts";

const demoPods = "/api/v1/namespaces/demo/pods";

/** `sluice explain` and its like as a plugin of the real kubectl, on pods whose statuses are written as a kubelet would. */
export function explainCases(cluster: () => TestCluster): void {
  let kubectl: ClusterCommand;
  beforeAll(() => {
    const { sandbox, plane } = cluster();
    const plugins = join(plane.folder, "plugins");
    mkdirSync(plugins);
    chmodSync(inject("sluiceProgram"), 0o755);
    symlinkSync(inject("sluiceProgram"), join(plugins, "kubectl-sluice"));
    kubectl = new ClusterCommand(sandbox, "kubectl", [join(inject("controlPlane"), "kubectl")], {
      KUBECONFIG: join(plane.pki.folder, "admin.conf"),
      PATH: `${plugins}:${process.env["PATH"]}`,
      FORCE_COLOR: "",
    });
  });

  afterAll(() => cluster().api.remove(`${demoPods}/explained`));

  const explain = async (...args: string[]) => {
    const said = await kubectl.run(["sluice", "explain", ...args, "-n", "demo"]);
    return { ...said, words: said.stdout.replace(/\s+/g, " ") };
  };

  async function createOnNode(name: string): Promise<Fields> {
    const pod = await cluster().api.createAnew(demoPods, podOf(name, { claims: ["imagenet"] }));
    expect(clientsOf(pod)).toEqual(["fluid-fuse-0"]);
    return eventually(`pod ${name} has a node`, async () => {
      const found = await cluster().api.get(`${demoPods}/${name}`);
      return textAt(found, "spec", "nodeName") === "" ? undefined : found;
    });
  }

  it("reads a folder that the README's command makes of the cluster", async () => {
    const shell = new UserShell(cluster());
    const readme = new PageCommands("README.md");
    await shell.do("mkdir cluster");
    // "with alluxioruntimes … where you have those"
    const runtimes = ["juicefsruntimes", "alluxioruntimes,juicefsruntimes"] as const;
    await shell.do(readme.take("kubectl get pvc,pv").replace(...runtimes));
    const command = readme.take("npx sluice explain");
    for (const folder of ["manifests/examples/cluster", "cluster"])
      expect(await shell.do(command.replace("manifests/examples/cluster", folder))).toMatch(
        /^Pod demo\/train: injected/,
      );
    expect(await shell.do(readme.take("npx sluice inject"))).toContain("name: fluid-fuse-0");
  });

  it("is found by kubectl, and calls itself so", async () => {
    const { code, stdout } = await kubectl.run(["sluice", "explain", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("kubectl sluice explain KIND/NAME");
  });

  it("is asked by kubectl what a word may become", async () => {
    const script = await kubectl.do(["sluice", "completion", "kubectl"]);
    const plugins = join(cluster().plane.folder, "plugins");
    writeFileSync(join(plugins, "kubectl_complete-sluice"), script, { mode: 0o755 });
    const completed = (...words: string[]) => kubectl.do(["__complete", "sluice", ...words]);
    expect(await completed("expl")).toMatch(/^explain\t.*\n:4\n$/);
    expect(await completed("explain", "-n", "demo", "pv")).toBe("pvc/\n:6\n");
    expect(await completed("explain", "--kubec")).toMatch(/^--kubeconfig\t.*\n:4\n$/);
  });

  it("tells a pod that is well: its node, that node's cache, its client, and that all is as it would be now", async () => {
    const pod = await createOnNode("explained");
    await tell(cluster(), "explained", {});
    const { code, words, stderr } = await explain("pod/explained");
    expect(words).toMatch(
      /^Pod demo\/explained: injected \(sidecar mode, native sidecar, platform kubernetes/,
    );
    expect(words).toContain(`node ${textAt(pod, "spec", "nodeName")}`);
    expect(words).toMatch(/it (holds|does not hold) the cache of Dataset demo\/imagenet/);
    expect(words).toContain("fluid-fuse-0, claim imagenet: serving (serves)");
    // What the API server has filled in since is no difference.
    expect(words).toMatch(/What would be decided now injected .* the same $/);
    expect(code).toBe(0);
    // No kubelet runs here, so that there is no log to be read. On a busy machine it tells what it waits for.
    const expected = /^$|log of fluid-fuse-0|^kubectl sluice explain: \d+ answers so far, /;
    expect(stderr.split("\n").filter((line) => !expected.test(line))).toEqual([]);
  });

  it("tells why a client does not serve, with the remedy", async () => {
    const waiting = (reason: string, message: string) => ({
      state: { waiting: { reason, message } },
      started: false,
    });
    await tell(cluster(), "explained", waiting("ImagePullBackOff", "Back-off pulling image"));
    expect((await explain("pod/explained")).words).toMatch(
      /waiting \(image-pull\).* Remedy: see that the image exists/,
    );
    await tell(cluster(), "explained", waiting("CreateContainerConfigError", 'secret "token" not found'));
    expect((await explain("pod/explained")).words).toMatch(/\(secret-missing\).* Remedy: copy Secret token/);
    const terminated = { exitCode: 137, reason: "OOMKilled", finishedAt: "2026-01-01T00:00:00Z" };
    const killed = { ...waiting("CrashLoopBackOff", "back-off"), restartCount: 3, lastState: { terminated } };
    await tell(cluster(), "explained", killed);
    const oom = await explain("pod/explained");
    expect(oom.words).toMatch(
      /restarting \(out-of-memory\), 3 restarts, 1 kills.*sluice\.io\/client-memory-limit/,
    );
    expect(oom.code).toBe(1);
  });

  it("tells a Deployment, a claim and a Dataset, each with its pods", async () => {
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "explained", namespace: "demo" },
      spec: {
        selector: { matchLabels: { app: "explained" } },
        template: { metadata: { labels: { app: "explained" } }, spec: podSpecOf(["imagenet"]) },
      },
    };
    const path = "/apis/apps/v1/namespaces/demo/deployments";
    onTestFinished(() => cluster().api.remove(`${path}/explained`));
    await cluster().api.createAnew(path, deployment);
    await eventually("it has a pod", async () => {
      const found = await cluster().api.list(`${demoPods}?labelSelector=app%3Dexplained`);
      return found.length > 0;
    });
    const workload = await explain("deploy/explained");
    expect(workload.words).toContain("Deployment demo/explained: 1 pods, 1 of them injected");
    for (const asked of ["pvc/imagenet", "dataset/imagenet"]) {
      const { words, code } = await explain(asked);
      expect(words).toContain("demo/imagenet: can be served");
      expect(words).toContain("made from DaemonSet demo/imagenet-fuse");
      expect(words).toMatch(/explained on \S+: fluid-fuse-0 restarting \(out-of-memory\)/);
      expect(code).toBe(0);
    }
  });

  it("tells what differs: a pod from before the label, a pod that is not there", async () => {
    const bare = podOf("slipped-through", { claims: ["imagenet"] });
    const injected = await cluster().api.get(`${demoPods}/explained`);
    const out = await kubectl.run(["sluice", "uninject", "-f", "-", "-o", "json"], JSON.stringify(injected));
    expect(out.code).toBe(0);
    expect(listAt(JSON.parse(out.stdout), "spec", "initContainers")).toEqual([]);
    const diff = await kubectl.run(["sluice", "diff", "-f", "-"], JSON.stringify(bare));
    expect(diff.stdout).toMatch(/^--- manifest\/v1\.Pod\.demo\.slipped-through\n/);
    expect(diff.code).toBe(1);
    const gone = await explain("pod/nobody");
    expect({ code: gone.code, stderr: gone.stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Pod demo/nobody: does not exist\n"),
    });
  });

  it("decides by the configuration of the installation that is named, and says where it may not get one", async () => {
    const { api, plane } = cluster();
    const configMaps = "/api/v1/namespaces/demo/configmaps";
    onTestFinished(() => api.remove(`${configMaps}/sluice`));
    await api.createAnew(configMaps, { metadata: { name: "sluice" }, data: { "config.yaml": "mode: csi" } });
    const bare = JSON.stringify(podOf("another", { claims: ["imagenet"] }));
    const diff = (...args: string[]) => kubectl.run(["sluice", "diff", "-f", "-", ...args], bare);
    const usual = await diff();
    expect(usual.stdout).toContain("name: fluid-fuse-0");
    expect(usual.stderr).not.toContain("ConfigMap sluice-system/sluice");
    const other = await diff("--installed-in", "demo");
    expect(other.stdout).not.toContain("name: fluid-fuse-0");
    expect(other.stderr).not.toContain("ConfigMap demo/sluice");
    const none = await diff("--installed-in", "default");
    expect(none.stdout).toContain("name: fluid-fuse-0");
    expect(none.stderr).toContain("warning: ConfigMap default/sluice: does not exist: the defaults count, ");

    await api.createAnew("/api/v1/namespaces/demo/serviceaccounts", { metadata: { name: "visitor" } });
    const asked = await api.create("/api/v1/namespaces/demo/serviceaccounts/visitor/token", { spec: {} });
    const users = [{ name: "e2e", user: { token: textAt(asked, "status", "token") } }];
    const visitor = join(plane.folder, "visitor.conf");
    const admin = fieldsOf(JSON.parse(readFileSync(join(plane.pki.folder, "admin.conf"), "utf8")));
    writeFileSync(visitor, JSON.stringify({ ...admin, users }));
    const hidden = await explain("pvc/imagenet", "--kubeconfig", visitor);
    expect(hidden.stderr).toContain(
      "not seen: ConfigMap sluice-system/sluice: you may not get configmaps: the defaults count, ",
    );
  });
}

/** As the kubelet of its node tells of a pod whose other containers all run. */
function tell({ api }: TestCluster, pod: string, client: Fields): Promise<unknown> {
  const status = (name: string, more: Fields = {}) => ({
    name,
    image: "i",
    imageID: "i",
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
    ...more,
  });
  const initContainerStatuses = [status("sluice-guard"), status("fluid-fuse-0", client)];
  const said = { phase: "Running", initContainerStatuses, containerStatuses: [status("app")] };
  return api.patch(`${demoPods}/${pod}/status`, { status: said }, "merge");
}
