import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { demoClusterFiles } from "../../src/cli/demo-cluster.ts";
import { run } from "../../src/cli/inject.ts";
import { runCaptured } from "./captured-io.ts";
import { demoClusterFolder } from "./demo-folder.ts";

/** The demo's cluster, where a client's image needs the pull secret "registry". */
function clusterWith(more: Record<string, string> = {}): string {
  const objects = parseAllDocuments(demoClusterFiles.get("models.yaml") ?? "").map((document) =>
    document.toJS(),
  );
  const daemonSet = objects.find(({ kind }) => kind === "DaemonSet");
  daemonSet.spec.template.spec.imagePullSecrets = [{ name: "registry" }];
  return demoClusterFolder({ "z-client.yaml": JSON.stringify(daemonSet), ...more });
}

function serviceAccount(name: string, secrets: string[]): Record<string, string> {
  const imagePullSecrets = secrets.map((secret) => ({ name: secret }));
  const account = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name, namespace: "demo" },
    imagePullSecrets,
  };
  return { "account.yaml": JSON.stringify(account) };
}

async function inject(cluster: string, spec: object): Promise<{ secrets: unknown; stderr: string }> {
  const template = {
    spec: {
      containers: [{ name: "app", image: "app", volumeMounts: [{ name: "m", mountPath: "/m" }] }],
      volumes: [{ name: "m", persistentVolumeClaim: { claimName: "models" } }],
      ...spec,
    },
  };
  const job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "j", namespace: "demo" },
    spec: { template },
  };
  const { stdout, stderr } = await runCaptured(run, ["-f", "-", "--cluster", cluster], {
    stdin: JSON.stringify(job),
  });
  return { secrets: parse(stdout).spec.template.spec.imagePullSecrets, stderr };
}

describe("pull secrets in a pod template", () => {
  it("are added where the template lists some", async () => {
    const { secrets } = await inject(clusterWith(), { imagePullSecrets: [{ name: "mine" }] });
    expect(secrets).toEqual([{ name: "mine" }, { name: "registry" }]);
  });

  it("come after the ServiceAccount's own where that is known", async () => {
    const cluster = clusterWith(serviceAccount("trainer", ["first", "second"]));
    const { secrets } = await inject(cluster, { serviceAccountName: "trainer" });
    expect(secrets).toEqual([{ name: "first" }, { name: "second" }, { name: "registry" }]);
  });

  it("are left out with a warning that names them where it is not known", async () => {
    const { secrets, stderr } = await inject(clusterWith(), {});
    expect(secrets).toBeUndefined();
    expect(stderr).toMatch(/Job demo\/j: warning: .*pull secrets registry .*ServiceAccount default/);
  });
});
