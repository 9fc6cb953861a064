import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, inject, it, onTestFinished } from "vitest";
import { panelsWithoutData } from "./harness/dashboard.ts";
import { describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { at, type Fields, listAt, textAt } from "./harness/fields.ts";
import { FinishingKubelet } from "./harness/finishing-kubelet.ts";
import { clusterWithControllers, leaderOf } from "./harness/install-controllers.ts";
import { newNames } from "./harness/new-names.ts";
import { PageCommands } from "./harness/page-commands.ts";
import { clientsOf, podOf, podSpecOf } from "./harness/pods.ts";
import { Prometheus, whyNoPrometheus } from "./harness/prometheus.ts";
import type { TestCluster } from "./harness/test-cluster.ts";
import { UserShell } from "./harness/user-shell.ts";

const demoPods = "/api/v1/namespaces/demo/pods";
const demoDeployments = "/apis/apps/v1/namespaces/demo/deployments";
const demo = "/api/v1/namespaces/demo";
const label = (value: string | null) => ({ metadata: { labels: { "sluice.io/injection": value } } });
const seconds = 120;

const deployment = (name: string): Fields => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: "demo" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpecOf(["imagenet"]) },
  },
});

// One pause and interval of a second: what is to be seen before the restart is paused.
const quick = 'controllers.audit={"enabled":true,"interval":"1s","restart":{"enabled":true,"pause":"1s"}}';

describeCluster(
  "pods that slipped through, and what is told of clients",
  () => clusterWithControllers([quick]),
  (cluster) => {
    const newName = newNames();
    let web = "";

    /**
     * Makes pods while nobody injects, and others; the names of those of Deployment `web`, which is paused, and is another
     * one each time, for none is restarted twice.
     */
    async function slippedThrough(): Promise<readonly string[]> {
      const { api } = cluster();
      if (web !== "") await api.remove(`${demoDeployments}/${web}`);
      web = newName("web");
      onTestFinished(async () => {
        await api.patch(demo, label("enabled"));
      });
      await api.patch(demo, label(null));
      await eventually(
        "nobody injects any more",
        async () => {
          const made = await api.create(`${demoPods}?dryRun=All`, podOf("try", { claims: ["imagenet"] }));
          return clientsOf(made).length === 0;
        },
        { seconds },
      );
      await api.createAnew(demoPods, podOf("alone", { claims: ["imagenet"] }));
      await api.createAnew(
        demoPods,
        podOf("out", { claims: ["imagenet"], labels: { "sluice.io/inject": "false" } }),
      );
      await api.createAnew(
        demoPods,
        podOf("driver", { claims: ["imagenet"], annotations: { "sluice.io/mode": "csi" } }),
      );
      await api.createAnew(demoPods, podOf("plain"));
      await api.create(demoDeployments, deployment(web));
      const ofWeb = await eventually(
        "the Deployment has its pods",
        async () => {
          const pods = await api.list(`${demoPods}?labelSelector=app%3D${web}`);
          return pods.length === 2 ? pods.map((pod) => textAt(pod, "metadata", "name")).sort() : undefined;
        },
        { seconds },
      );
      await api.patch(`${demoDeployments}/${web}`, { spec: { paused: true } });
      await api.patch(demo, label("enabled"));
      await eventually(
        "pods are injected again",
        async () => {
          const made = await api.create(`${demoPods}?dryRun=All`, podOf("try", { claims: ["imagenet"] }));
          return clientsOf(made).length === 1;
        },
        { seconds },
      );
      await api.createAnew(demoPods, podOf("fine", { claims: ["imagenet"] }));
      return ofWeb;
    }

    it("pods that slipped through are found by sluice audit, exactly these, with what to do", {
      timeout: 300_000,
    }, async () => {
      const ofWeb = await slippedThrough();
      const { code, stdout, stderr } = await audit(cluster());
      expect(stderr).toMatch(/^of \d+ pods that have not ended, 3 run without the datasets they ask for\n$/);
      const lines = stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(/ {3,}/));
      expect(lines).toEqual([
        ["NAMESPACE", "POD", "MADE BY", "WITHOUT", "WHAT TO DO"],
        [
          "demo",
          "alone",
          "nobody",
          "Dataset demo/imagenet",
          "kubectl -n demo delete pod alone, and create it again from its manifest",
        ],
        ...ofWeb.map((name) => [
          "demo",
          name,
          `Deployment ${web}`,
          "Dataset demo/imagenet",
          `kubectl -n demo rollout restart deployment/${web}`,
        ]),
      ]);
      expect(code).toBe(1);
      const elsewhere = await audit(cluster(), ["-n", "default", "-o", "json"]);
      expect([elsewhere.code, JSON.parse(elsewhere.stdout)]).toEqual([
        0,
        { pods: [], looked: 0, unread: [] },
      ]);
    });

    it("they are told by Events, as kubectl describe shows them, and by a metric", {
      timeout: 300_000,
    }, async () => {
      const described = (what: string) => cluster().kubectl.do(["describe", what, "-n", "demo"]);
      const said = await eventually(
        "it is told on the Deployment",
        async () => {
          const text = await described(`deployment/${web}`);
          return text.includes("RunsWithoutDatasets") ? text : undefined;
        },
        { seconds },
      );
      expect(said).toMatch(
        new RegExp(
          `Warning +RunsWithoutDatasets .*sluice-controllers +pod ${web}-\\S+ and 1 other run without a client for Dataset demo/imagenet: kubectl -n demo rollout restart deployment/${web}`,
        ),
      );
      await eventually("it is told on the pod that nobody made", async () =>
        /Warning +RunsWithoutDatasets .*pod alone runs without a client/.test(await described("pod/alone")),
      );
      expect(await described("pod/fine")).not.toContain("RunsWithoutDatasets");
      await eventually(
        "it is counted",
        async () => {
          const { text } = await (await leaderOf(cluster())).ask("/metrics");
          const missed = text.split("\n").filter((line) => line.startsWith("sluice_missed_pods{"));
          return (
            missed.sort().join(" ") ===
            [
              'sluice_missed_pods{made_by="Deployment",fate="injected"} 2',
              'sluice_missed_pods{made_by="none",fate="injected"} 1',
            ].join(" ")
          );
        },
        { seconds },
      );
    });

    it("they come back injected, for their workload is restarted, once and no other", {
      timeout: 300_000,
    }, async () => {
      const { api } = cluster();
      const stored = () => api.get(`${demoDeployments}/${web}`);
      const annotations = async () => at(await stored(), "spec", "template", "metadata", "annotations");
      // By a try that failed, which is the one time.
      if ((await annotations()) !== undefined) await slippedThrough();
      expect(await annotations()).toBeUndefined();
      await api.patch(`${demoDeployments}/${web}`, { spec: { paused: false } });
      const [pod] = await eventually(
        "new pods are injected",
        async () => {
          const pods = await api.list(`${demoPods}?labelSelector=app%3D${web}`);
          const served = pods.filter((one) => clientsOf(one).length > 0);
          return served.length > 0 ? served : undefined;
        },
        { seconds },
      );
      const { generation } = Object(at(await stored(), "metadata"));
      const ofPod = Object(at(pod, "metadata", "annotations"));
      expect(ofPod["sluice.io/restarted-for"]).toMatch(/^[0-9a-z]+$/);
      expect(ofPod["kubectl.kubernetes.io/restartedAt"]).toMatch(/^\d{4}-/);
      const looks = await auditsOf(cluster());
      await eventually("it has looked some more times", async () => (await auditsOf(cluster())) > looks + 3, {
        seconds,
      });
      expect(at(await stored(), "metadata", "generation")).toBe(generation);
      expect(clientsOf(await api.get(`${demoPods}/alone`))).toEqual([]);
    });

    it("they are restarted with rights on workloads, and no others", async () => {
      const as = "--as=system:serviceaccount:sluice-system:sluice-controllers";
      const can = async (verb: string, what: string) =>
        (await cluster().kubectl.run(["auth", "can-i", verb, what, "-n", "demo", as])).stdout.trim();
      for (const what of ["deployments.apps", "statefulsets.apps", "daemonsets.apps"])
        expect(`${what} ${await can("patch", what)}`).toBe(`${what} yes`);
      for (const [verb, what] of [
        ["delete", "pods"],
        ["create", "deployments.apps"],
        ["update", "deployments.apps"],
        ["patch", "jobs.batch"],
        ["list", "secrets"],
        ["list", "events"],
      ] as const)
        expect(`${verb} ${what} ${await can(verb, what)}`).toBe(`${verb} ${what} no`);
    });

    const time = (ago: number) => new Date(Date.now() - ago).toISOString().replace(/\.\d+Z$/, "Z");
    const since = (ago: number) => ({ running: { startedAt: time(ago) } });

    /** Patches the pod's status as its kubelet would: all runs, apart from what is told of the client. */
    async function tellStatus(name: string, client: Fields, from = 600_000): Promise<void> {
      const { api } = cluster();
      const pod = await eventually(
        `pod ${name} is on a node`,
        async () => {
          const now = await api.get(`${demoPods}/${name}`);
          return textAt(now, "spec", "nodeName") === "" ? undefined : now;
        },
        { seconds },
      );
      const statuses = (list: string) =>
        listAt(pod, "spec", list).map((container) => ({
          name: container["name"],
          image: "image",
          imageID: "",
          ready: true,
          started: true,
          restartCount: 0,
          state: since(from),
          ...(container["name"] === "fluid-fuse-0" ? client : {}),
        }));
      await api.patch(`${demoPods}/${name}/status`, {
        status: {
          phase: "Running",
          initContainerStatuses: statuses("initContainers"),
          containerStatuses: statuses("containers"),
        },
      });
    }

    const crashed = (restartCount: number): Fields => ({
      restartCount,
      lastState: { terminated: { exitCode: 9, reason: "Error", finishedAt: time(2_000) } },
      state: since(1_000),
    });

    const shown = (pod: string, text: string) =>
      eventually(
        `kubectl describe shows ${text}`,
        async () => {
          const said = await cluster().kubectl.do(["describe", "pod", pod, "-n", "demo"]);
          return said.includes(text) ? said : undefined;
        },
        { seconds },
      );

    it("a client that crashed and came back is told, counted up on one Event", {
      timeout: 300_000,
    }, async () => {
      await cluster().api.createAnew(demoPods, podOf("healing", { claims: ["imagenet"] }));
      await tellStatus("healing", {});
      await tellStatus("healing", crashed(1));
      await shown("healing", "ClientRestarted");
      await tellStatus("healing", crashed(3));
      const said = await shown("healing", "started again 3 times so far");
      expect(said).toMatch(
        /Warning +ClientRestarted .*\(x3 over .* fluid-fuse-0 ended with status 9 and serves again/,
      );
      expect(said.match(/ClientRestarted/g)).toHaveLength(1);
    });

    it("an app that is left with a mount that is gone is told", { timeout: 300_000 }, async () => {
      const annotations = { "sluice.io/platform": "eci" };
      await cluster().api.createAnew(demoPods, podOf("lost", { claims: ["imagenet"], annotations }));
      await tellStatus("lost", {});
      await tellStatus("lost", crashed(1));
      expect(await shown("lost", "MountLost")).toMatch(/Warning +MountLost .*create the pod anew/);
    });

    /** A Job with classic clients whose app has ended: the pod's name. */
    async function endedJob(name: string): Promise<string> {
      const kubelet = new FinishingKubelet(cluster().api, "demo");
      onTestFinished(() => kubelet.close());
      const template = {
        metadata: { labels: { app: name }, annotations: { "sluice.io/sidecar": "classic" } },
        spec: { restartPolicy: "Never", ...podSpecOf(["imagenet"]) },
      };
      const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace: "demo" } };
      await cluster().api.createAnew("/apis/batch/v1/namespaces/demo/jobs", { ...job, spec: { template } });
      const pod = await eventually(
        "the Job has its pod",
        async () => {
          const [made] = await cluster().api.list(`${demoPods}?labelSelector=app%3D${name}`);
          return made && textAt(made, "metadata", "name");
        },
        { seconds },
      );
      kubelet.endApp(pod);
      await shown(pod, "ClientEnded");
      await kubelet.close();
      return pod;
    }

    it("a Job's client that was ended is told", { timeout: 300_000 }, async () => {
      const pod = await endedJob("once");
      expect(await shown(pod, "ClientEnded")).toMatch(/Normal +ClientEnded .*told fluid-fuse-0 to end/);
    });

    it("the commands that the alerts' runbook names find what they are for", {
      timeout: 300_000,
    }, async () => {
      const { api } = cluster();
      await api.createAnew(demoPods, podOf("stuck", { claims: ["imagenet"] }));
      const far = podOf("far", { claims: ["imagenet"] });
      await api.createAnew(demoPods, { ...far, spec: { ...podSpecOf(["imagenet"]), nodeName: "node-c" } });
      await tellStatus("lost", crashed(1));
      const page = new PageCommands("docs/troubleshooting.md");
      const shell = new UserShell(cluster());
      const found = async (begin: string) => (await shell.run(page.take(begin))).stdout;
      expect(await found("kubectl -n sluice-system describe pod -l")).toContain("sluice-");
      const controllers = await found("kubectl -n sluice-system get pods -l");
      expect(controllers).toContain((await leaderOf(cluster())).name);
      expect(await found("kubectl -n sluice-system get lease")).toContain("holderIdentity");
      expect(await found("kubectl get events -A --field-selector reason=MountLost")).toContain("pod/lost");
      expect(await found("kubectl get events -A --field-selector reason=ClientRestarted")).toContain(
        "pod/healing",
      );
      expect(await found("kubectl get pods -A -l done.sidecar.fluid.io")).toMatch(/^demo +stuck /m);
      const offCache = await found("npx sluice audit --off-cache");
      expect(offCache).toMatch(/^demo +far +nobody +node-c +Dataset demo\/imagenet \(on \d+ nodes?\)$/m);
      expect(offCache).not.toMatch(/^demo +(alone|driver) /m);
      expect(await found("npx sluice audit")).toMatch(/^demo +alone /m);
      const explain = page.take("npx sluice explain pod/NAME");
      const explained = await shell.run(explain.replace("NAME", "lost").replace("NAMESPACE", "demo"));
      expect(explained.stdout).toContain("create the pod anew");
      // Of these there is none here.
      for (const begin of [
        "kubectl get events -A --field-selector reason=ClientFails",
        "kubectl get pods -A -l done.sidecar.juicefs.com",
        "kubectl get pods -A -l sluice.io/needs-controllers",
        "kubectl get dataloads.data.fluid.io -A",
      ])
        await shell.do(page.take(begin));
    });

    const why = whyNoPrometheus();
    it.skipIf(why !== "")(
      `the dashboard and the alerts show all of it${why && ` (skipped: ${why})`}`,
      { timeout: 300_000 },
      async () => {
        const { api, replicas } = cluster();
        const prometheus = await Prometheus.start(
          cluster(),
          [new URL("../../manifests/chart/rules/controllers.yaml", import.meta.url).pathname],
          replicas.all.map(({ name, opsAddress }) => ({ pod: name, address: opsAddress })),
        );
        await eventually("all are scraped", async () => (await prometheus.value("sum(up)")) === 4);
        // What is shown as a rate has to happen while it is looked at.
        const refused = await api.send("POST", demoPods, podOf("refused", { claims: ["nowhere"] }));
        expect(refused.status).toBeGreaterThanOrEqual(400);
        // The kubelet that this needs tells of all pods that they are well: it comes first.
        await endedJob("shown");
        await api.createAnew(demoPods, podOf("killed", { claims: ["imagenet"] }));
        await tellStatus("killed", {});
        const terminated = { exitCode: 137, reason: "OOMKilled", finishedAt: time(2_000) };
        await tellStatus("killed", { restartCount: 1, lastState: { terminated } });
        await tellStatus("lost", crashed(1));

        // Of these nothing need have happened.
        const mayBeEmpty = [
          "Answered like another, and read past the watch",
          "In work, and turned away",
          "JuiceFS objects looked at when they were made",
          "Registration of the webhook",
          "Watches that ended before their time",
        ];
        await eventually("each panel shows something", async () => {
          const without = await panelsWithoutData(prometheus);
          const missing = without.filter((panel) => !mayBeEmpty.includes(panel));
          if (missing.length > 0) throw new Error(missing.join(", "));
          return true;
        });
        // They have to last before they fire.
        await eventually("two alerts have begun", async () => {
          const begun = await prometheus.query("ALERTS");
          const names = new Set(begun.map((alert) => textAt(alert, "metric", "alertname")));
          return names.has("SluiceMissedPods") && names.has("SluiceMountsLost");
        });
      },
    );
  },
);

/** How often the leader has looked at all pods. */
async function auditsOf(cluster: TestCluster): Promise<number> {
  const { text } = await (await leaderOf(cluster)).ask("/metrics");
  return [...text.matchAll(/^sluice_controller_work_total\{controller="audit",result="[^"]+"\} (\d+)$/gm)]
    .map(([, count]) => Number(count))
    .reduce((sum, count) => sum + count, 0);
}

/** Runs the built command, where the API server can be reached. */
function audit({ sandbox, plane }: TestCluster, args: readonly string[] = []) {
  const command = [process.execPath, inject("sluiceProgram"), "audit", ...args];
  const [program = "", ...rest] = sandbox.command(command);
  const env = { ...process.env, KUBECONFIG: join(plane.pki.folder, "admin.conf"), FORCE_COLOR: "" };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve, reject) => {
    execFile(program, rest, { env, timeout: 120_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number") resolve({ code, stdout, stderr });
      else reject(error);
    });
  });
}
