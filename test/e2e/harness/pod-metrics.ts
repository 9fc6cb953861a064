import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { issueAuthority, issueServingPair } from "../../../src/certs/issue-pair.ts";
import { eventually } from "./eventually.ts";
import { at, listAt } from "./fields.ts";
import { Running } from "./processes.ts";
import type { TestCluster } from "./test-cluster.ts";

/** What a pod's containers use, by their names: "90m". */
export interface PodFigures {
  readonly namespace: string;
  readonly name: string;
  readonly containers: Readonly<Record<string, string>>;
}

// Of the sandbox's addresses the last, which no replica gets to.
const address = "10.10.0.20";
const service = { name: "metrics", namespace: "kube-system" };

/** Stands in for the metrics server: the API metrics.k8s.io, with the figures that it is told. */
export class PodMetrics {
  readonly #figuresFile: string;

  private constructor(figuresFile: string) {
    this.#figuresFile = figuresFile;
  }

  /** Resolves when the API server hands calls on to it. It ends with the sandbox. */
  static async start({ api, plane, sandbox }: TestCluster): Promise<PodMetrics> {
    const file = (name: string) => join(plane.folder, `metrics-${name}`);
    const now = Date.now();
    const names = { dns: [`${service.name}.${service.namespace}.svc`], ip: [] };
    const { key, cert } = await issueServingPair(await issueAuthority(now), names, now);
    writeFileSync(file("pair.json"), JSON.stringify({ key, cert }));
    writeFileSync(file("figures.json"), "[]");
    const program = new URL("metrics-server.js", import.meta.url).pathname;
    const argv = [process.execPath, program, `${address}:8443`, file("pair.json"), file("figures.json")];
    const running = new Running("metrics-server", sandbox.command(argv), file("server.log"));
    await eventually("the metrics server listens", () => running.log().includes("listening"));
    await api.create(`/api/v1/namespaces/${service.namespace}/services`, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: service.name },
      spec: { ports: [{ name: "https", port: 443, targetPort: 8443 }] },
    });
    await api.create(`/apis/discovery.k8s.io/v1/namespaces/${service.namespace}/endpointslices`, {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: service.name, labels: { "kubernetes.io/service-name": service.name } },
      addressType: "IPv4",
      ports: [{ name: "https", port: 8443, protocol: "TCP" }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    });
    await api.create("/apis/apiregistration.k8s.io/v1/apiservices", {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1beta1.metrics.k8s.io" },
      spec: {
        group: "metrics.k8s.io",
        version: "v1beta1",
        service,
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    });
    await eventually("metrics.k8s.io is served", async () => {
      const found = await api.get("/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io");
      const available = listAt(found, "status", "conditions").find(({ type }) => type === "Available");
      return at(available, "status") === "True";
    });
    return new PodMetrics(file("figures.json"));
  }

  tell(figures: readonly PodFigures[]): void {
    writeFileSync(this.#figuresFile, JSON.stringify(figures));
  }
}
