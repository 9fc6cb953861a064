// Runs inside the sandbox: an aggregated API server for metrics.k8s.io that tells the figures of a file.
//   node metrics-server.js ADDRESS:PORT PAIR_FILE FIGURES_FILE
// PAIR_FILE holds {key, cert} as JSON. FIGURES_FILE holds [{namespace, name, containers: {NAME: CPU}}] for pods, read
// anew for each call; labels of pods are not looked at.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const [listen, pairFile, figuresFile] = process.argv.slice(2);
const [host, port] = listen.split(":");
const groupVersion = "metrics.k8s.io/v1beta1";
const discovery = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion,
  resources: [
    { name: "pods", singularName: "", namespaced: true, kind: "PodMetrics", verbs: ["get", "list"] },
  ],
};

function metricsOf({ namespace, name, containers }) {
  return {
    metadata: { namespace, name, creationTimestamp: new Date().toISOString() },
    timestamp: new Date().toISOString(),
    window: "15s",
    containers: Object.entries(containers).map(([container, cpu]) => ({
      name: container,
      usage: { cpu, memory: "64Mi" },
    })),
  };
}

createServer(JSON.parse(readFileSync(pairFile, "utf8")), (request, response) => {
  const { pathname } = new URL(request.url, "https://metrics");
  const namespace = /\/namespaces\/([^/]+)\/pods$/.exec(pathname)?.[1];
  const say = (body) => response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  if (pathname === `/apis/${groupVersion}`) return say(discovery);
  if (namespace === undefined) return response.writeHead(404).end();
  const pods = JSON.parse(readFileSync(figuresFile, "utf8")).filter((pod) => pod.namespace === namespace);
  say({ kind: "PodMetricsList", apiVersion: groupVersion, metadata: {}, items: pods.map(metricsOf) });
}).listen(Number(port), host, () => console.log("listening"));
