import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, expect, inject, it, onTestFinished } from "vitest";
import { clusterWithSluice, describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { fieldsOf, listAt, textAt } from "./harness/fields.ts";
import { Kubelet } from "./harness/kubelet.ts";
import { sluiceNamespace } from "./harness/replicas.ts";
import { installManifest, type TestCluster } from "./harness/test-cluster.ts";

const registrationPath = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/sluice";
const clusterRolePath = "/apis/rbac.authorization.k8s.io/v1/clusterroles/sluice";

interface Result {
  readonly check: string;
  readonly level: string;
  readonly message: string;
  readonly remedy: string;
}

describeCluster("sluice check", clusterWithSluice, (cluster) => {
  let kubelet: Kubelet;
  beforeAll(async () => {
    const { sandbox, plane } = cluster();
    kubelet = await Kubelet.start(sandbox, plane.folder);
  });
  // Whatever a case before has left.
  beforeEach(async () => {
    await cluster().install();
    kubelet.knows(cluster().replicas.all);
    await eventually("the replicas are trusted", async () => {
      const registration = await cluster().api.get(registrationPath);
      return listAt(registration, "webhooks").every(
        (entry) => textAt(entry, "clientConfig", "caBundle") !== "",
      );
    });
  });

  it("finds an installation well, and says so in a table", async () => {
    const { code, stdout, stderr } = await check(cluster());
    // On a busy machine it tells what it waits for.
    expect(stderr.replaceAll(/^sluice check: \d+ answers so far, waiting for .*\n/gm, "")).toBe("");
    expect(stdout.split("\n").filter((line) => /^[!✗]/.test(line))).toEqual([]);
    expect(code).toBe(0);
    for (const line of [
      /^✓ API server +v1\.36\.3$/m,
      /^✓ replicas +2 of 2 ready$/m,
      /^✓ Service +2 ready endpoints$/m,
      /^✓ registration +[1-9]\d* entries as rendered$/m,
      /^✓ caBundle +trusts what each of 2 replicas serves$/m,
      /^✓ certificates +valid for \d+ days, renewed in time$/m,
      /^✓ permissions +system:serviceaccount:sluice-system:sluice has all [1-9]\d* rights it needs$/m,
      /^✓ caches +2 replicas are ready: [1-9]\d* objects, last contact at most \d+ s ago$/m,
      /^✓ namespaces +1 opted in: demo$/m,
      /^[1-9]\d* ✓ {2}0 ! {2}0 ✗$/m,
    ])
      expect(stdout).toMatch(line);
  });

  it("finds a right that was taken away, and a caBundle that is not repaired for lack of it", async () => {
    const role = await cluster().api.get(clusterRolePath);
    const rules = listAt(role, "rules").map((rule) =>
      rule["resourceNames"] === undefined ? rule : { ...rule, verbs: ["get", "list", "watch"] },
    );
    await cluster().api.patch(clusterRolePath, { rules });
    await eventually("the right is gone", async () => {
      const { code, results } = await checked(cluster());
      expect(code).toBe(1);
      expect(results.filter(({ level }) => level !== "ok")).toEqual([
        {
          check: "permissions",
          level: "error",
          message: `system:serviceaccount:${sluiceNamespace}:sluice may not patch mutatingwebhookconfigurations.admissionregistration.k8s.io sluice`,
          remedy: expect.stringContaining("apply the chart or install.yaml again"),
        },
      ]);
      return true;
    });
    const stranger = Buffer.from(cluster().plane.pki.admin.ca).toString("base64");
    const entries = listAt(await cluster().api.get(registrationPath), "webhooks");
    await cluster().api.patch(
      registrationPath,
      entries.map((_, index) => ({
        op: "replace",
        path: `/webhooks/${index}/clientConfig/caBundle`,
        value: stranger,
      })),
      "json",
    );
    const { code, results } = await checked(cluster());
    expect(code).toBe(1);
    expect(results.find((result) => result.check === "caBundle")).toMatchObject({
      level: "error",
      message: expect.stringMatching(/what sluice-\S+ serves is not trusted by the caBundle of any entry/),
      remedy: expect.stringContaining("kubectl -n sluice-system logs deployment/sluice"),
    });
    // Distrust takes down no replica that was trusted once, for that would be all of them; a metric tells of it.
    for (const replica of cluster().replicas.all) expect((await replica.ask("/readyz")).status).toBe(200);
    await eventually("a metric tells that nobody trusts them", async () => {
      return (await cluster().sluiceMetric("sluice_registration_state", 'state="distrusted"')) === 2;
    });
    await cluster().kubectl.do(["apply", "-f", installManifest]);
    await eventually("all is well again", async () => (await checked(cluster())).code === 0);
  });

  it("says by what the Secret holds where no replica can be asked", async () => {
    kubelet.knows([]);
    const { code, results } = await checked(cluster());
    expect(code).toBe(0);
    expect(results.filter(({ level }) => level !== "ok").map((result) => result.check)).toEqual([
      "caBundle",
      "caches",
    ]);
    expect(results.find((result) => result.check === "caBundle")?.message).toContain(
      "trusts the certificate in Secret sluice-certs, but no replica could be asked",
    );
  });

  it("finds Fluid's own webhook, a namespace with another value, a missing policy, and no registration", async () => {
    const { api, kubectl } = cluster();
    const fluid = "fluid-pod-admission-webhook";
    const removed = async () => {
      await api.remove(registrationPath.replace("/sluice", `/${fluid}`));
      await api.remove("/api/v1/namespaces/nearly");
    };
    onTestFinished(removed);
    await api.create(registrationPath.replace("/sluice", ""), {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingWebhookConfiguration",
      metadata: { name: fluid },
      webhooks: [
        {
          name: "sidecar.fuse.fluid.io",
          clientConfig: {
            service: {
              name: fluid,
              namespace: "fluid-system",
              path: "/mutate-fluid-io-v1alpha1-schedulepod",
            },
          },
          objectSelector: { matchLabels: { "serverless.fluid.io/inject": "true" } },
          rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
        },
      ],
    });
    await cluster().addNamespace("nearly", { "sluice.io/injection": "true" });
    await kubectl.do(["delete", "validatingadmissionpolicybinding", "sluice"]);
    const { code, results } = await checked(cluster());
    expect(code).toBe(0);
    const bad = results.filter(({ level }) => level !== "ok");
    expect(bad.map((result) => [result.check, result.level])).toEqual([
      ["namespaces", "warning"],
      ["handover from Fluid", "warning"],
      ["policy", "warning"],
    ]);
    expect(results.find((result) => result.check === "other webhooks")?.message).toBe(
      `before Sluice ${fluid}`,
    );
    await removed();
    await api.delete(registrationPath);
    const without = await checked(cluster());
    expect(without.code).toBe(1);
    expect(without.results.find((result) => result.check === "registration")?.message).toBe(
      "there is no MutatingWebhookConfiguration sluice: nobody calls Sluice",
    );
  });

  it("says what it cannot see with few rights, and ends with 2 where it is not let in", async () => {
    const { api, plane } = cluster();
    await api.createAnew("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "visitor" } });
    const token = textAt(
      await api.create("/api/v1/namespaces/default/serviceaccounts/visitor/token", { spec: {} }),
      "status",
      "token",
    );
    const kubeconfig = join(plane.folder, "visitor.conf");
    await writeKubeconfig(cluster(), kubeconfig, { token });
    const { code, results } = await checked(cluster(), kubeconfig);
    expect(code).toBe(1);
    expect(results.find((result) => result.check === "registration")?.message).toContain(
      "you may not list mutatingwebhookconfigurations",
    );
    expect(results.find((result) => result.check === "API server")?.level).toBe("ok");
    await writeKubeconfig(cluster(), kubeconfig, { token: "wrong" });
    const refused = await check(cluster(), ["--kubeconfig", kubeconfig]);
    expect([refused.code, refused.stdout]).toEqual([2, ""]);
    expect(refused.stderr).toContain("does not accept the credentials");
  });
});

async function writeKubeconfig({ plane }: TestCluster, file: string, user: object): Promise<void> {
  const config = fieldsOf(JSON.parse(await readFile(join(plane.pki.folder, "admin.conf"), "utf8")));
  await writeFile(file, JSON.stringify({ ...config, users: [{ name: "e2e", user }] }));
}

async function checked(cluster: TestCluster, kubeconfig?: string) {
  const options = kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig];
  const { code, stdout, stderr } = await check(cluster, ["-o", "json", ...options]);
  if (stdout === "") throw new Error(stderr);
  const results: Result[] = JSON.parse(stdout).results;
  return { code, results };
}

/** Runs the built command, where the API server can be reached. */
function check({ sandbox, plane }: TestCluster, args: readonly string[] = []) {
  const [program = "", ...rest] = sandbox.command([
    process.execPath,
    inject("sluiceProgram"),
    "check",
    ...args,
  ]);
  const env = { ...process.env, KUBECONFIG: join(plane.pki.folder, "admin.conf"), FORCE_COLOR: "" };
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve, reject) => {
    execFile(program, rest, { env, timeout: 120_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number") resolve({ code, stdout, stderr });
      else reject(error);
    });
  });
}
