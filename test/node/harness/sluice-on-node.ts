import { readFileSync } from "node:fs";
import { eventually } from "../../e2e/harness/eventually.ts";
import { at, type Fields, fieldsOf, listAt } from "../../e2e/harness/fields.ts";
import { parseObjects } from "../../e2e/harness/objects.ts";
import { appPod } from "./app-pod.ts";
import type { RealNode } from "./real-node.ts";

const deploymentPath = "/apis/apps/v1/namespaces/sluice-system/deployments/sluice";

/** Installs Sluice as a user does; the node runs it. Resolves when the API server calls it. */
export async function installSluice(node: RealNode): Promise<void> {
  const text = readFileSync(new URL("../../../manifests/install.yaml", import.meta.url), "utf8");
  const items = parseObjects(text).map((object) => {
    if (object["kind"] === "Deployment") return onOneNode(object);
    return object["kind"] === "ConfigMap" ? withControllers(object) : object;
  });
  const list = { apiVersion: "v1", kind: "List", items };
  await node.plane.kubectl.do(["apply", "-f", "-"], JSON.stringify(list));
  await eventually(
    "Sluice is ready",
    async () => {
      if (at(await node.api.get(deploymentPath), "status", "readyReplicas") === 1) return true;
      throw new Error(await node.plane.kubectl.do(["logs", "-n", "sluice-system", "deployment/sluice"]));
    },
    { seconds: 180, pauseMs: 250 },
  );
}

/** Classic clients watch for their end, as where the controllers run: what these write, the cases write. */
function withControllers(configMap: Fields): Fields {
  const file = "config.yaml";
  const config = `${String(at(configMap, "data", file))}\ncontrollers: {enabled: true}\n`;
  return { ...configMap, data: { [file]: config } };
}

/** Resolves when a pod with a claim is let in: after a restart of the kubelet nobody is ready until it has asked. */
export async function sluiceAnswers(node: RealNode): Promise<void> {
  const pod = appPod("asked", { script: "true", claims: { training: "/data" } });
  await eventually("Sluice answers", () => node.api.create("/api/v1/namespaces/data/pods?dryRun=All", pod), {
    seconds: 180,
    pauseMs: 250,
  });
}

/** One replica, and the API server at its own port: there is no kube-proxy to lead to it from the Service's. */
function onOneNode(deployment: Fields): Fields {
  const spec = fieldsOf(deployment["spec"]);
  const template = fieldsOf(spec["template"]);
  const podSpec = fieldsOf(template["spec"]);
  const containers = listAt(podSpec, "containers").map((container) => ({
    ...container,
    env: [...listAt(container, "env"), { name: "KUBERNETES_SERVICE_PORT", value: "6443" }],
  }));
  const changed = { ...template, spec: { ...podSpec, containers } };
  return { ...deployment, spec: { ...spec, replicas: 1, template: changed } };
}
