import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ApiClient } from "./api-client.ts";
import { type Fields, listAt, textAt } from "./fields.ts";
import { chartFolder, findHelm } from "./helm.ts";
import { addObject } from "./objects.ts";
import { sluiceNamespace } from "./replicas.ts";
import { TestCluster } from "./test-cluster.ts";

/** A cluster with Sluice and its console installed from the chart, all ready. */
export async function clusterWithConsole(): Promise<TestCluster> {
  const cluster = await TestCluster.start();
  try {
    const helm = findHelm();
    if (!("path" in helm)) throw new Error(helm.why);
    const values = ["namespace.create=true", "console.enabled=true"].flatMap((value) => [
      "--set-json",
      value,
    ]);
    const place = ["--namespace", sluiceNamespace, "--kube-version", "1.36.3"];
    const argv = ["template", "sluice", chartFolder, ...place, ...values];
    const file = join(cluster.plane.folder, "with-console.yaml");
    writeFileSync(file, execFileSync(helm.path, argv, { encoding: "utf8" }));
    await cluster.kubectl.do(["apply", "-f", file]);
    await cluster.replicas.ready(3, 120);
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/** "HOST:PORT" of the console's page, inside the sandbox. */
export function consoleAddress(cluster: TestCluster): string {
  const replica = cluster.replicas.all.find(({ name }) => name.startsWith("sluice-console-"));
  if (replica === undefined) throw new Error("the console does not run");
  return `${replica.address}:8090`;
}

/** Rights for a ServiceAccount of namespace demo: in all namespaces, or only in those named. */
export async function addVisitor(
  api: ApiClient,
  name: string,
  rules: readonly Fields[],
  namespaces?: readonly string[],
): Promise<void> {
  const subjects = [{ kind: "ServiceAccount", name, namespace: "demo" }];
  const apiVersion = "rbac.authorization.k8s.io/v1";
  await addObject(api, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: "demo" } });
  const rbac = (where: string) => `/apis/${apiVersion}${where}`;
  const add = async (kind: string, where: string, namespace?: string) => {
    const metadata = { name, ...(namespace !== undefined && { namespace }) };
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind, name };
    await api.create(rbac(`${where}/${kind.toLowerCase()}s`), { apiVersion, kind, metadata, rules });
    const binding = { apiVersion, kind: `${kind}Binding`, metadata, roleRef, subjects };
    await api.create(rbac(`${where}/${kind.toLowerCase()}bindings`), binding);
  };
  if (namespaces === undefined) await add("ClusterRole", "");
  for (const namespace of namespaces ?? []) await add("Role", `/namespaces/${namespace}`, namespace);
}

/** As `kubectl create token NAME --audience AUDIENCE`. */
export async function tokenOf(api: ApiClient, name: string, audience = "sluice-console"): Promise<string> {
  const answer = await api.create(`/api/v1/namespaces/demo/serviceaccounts/${name}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences: [audience], expirationSeconds: 3_600 },
  });
  return textAt(answer, "status", "token");
}

/** What a kubelet would tell of containers; those that are not named run. */
export async function tellStatus(
  api: ApiClient,
  pod: Fields,
  told: Readonly<Record<string, Fields>> = {},
): Promise<void> {
  const startedAt = new Date(Date.now() - 60_000).toISOString();
  const statuses = (list: string) =>
    listAt(pod, "spec", list).map((container) => {
      const name = textAt(container, "name");
      const image = textAt(container, "image");
      const running = { ready: true, started: true, restartCount: 0, state: { running: { startedAt } } };
      return { name, image, imageID: "", ...(told[name] ?? running) };
    });
  const path = `/api/v1/namespaces/${textAt(pod, "metadata", "namespace")}/pods/${textAt(pod, "metadata", "name")}`;
  const status = {
    phase: Object.keys(told).length === 0 ? "Running" : "Pending",
    initContainerStatuses: statuses("initContainers"),
    containerStatuses: statuses("containers"),
  };
  await api.patch(`${path}/status`, { status });
}
