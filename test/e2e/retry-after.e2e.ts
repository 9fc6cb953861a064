import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "selfsigned";
import { afterAll, beforeAll, expect, it } from "vitest";
import { allowed } from "./harness/allowed.ts";
import type { ApiAnswer } from "./harness/api-client.ts";
import { describeCluster } from "./harness/describe-cluster.ts";
import { eventually } from "./harness/eventually.ts";
import { textAt } from "./harness/fields.ts";
import { newNames } from "./harness/new-names.ts";
import { podOf } from "./harness/pods.ts";
import { Running } from "./harness/processes.ts";
import { TestCluster } from "./harness/test-cluster.ts";

const addresses = ["10.10.0.19", "10.10.0.20"];
const service = { name: "later", namespace: "webhooks" };
const timeoutSeconds = 5;

/** What Sluice relies on when it is overloaded, not ready or draining: HTTP 503 with Retry-After. */
describeCluster(
  "what the API server makes of 503 and Retry-After",
  () => TestCluster.start({ fluid: false }),
  (cluster) => {
    let webhook: Running | undefined;
    // The webhook counts by the pods' names.
    const newName = newNames();

    beforeAll(async () => {
      webhook = await startWebhook(cluster());
      await eventually("the webhook is asked", async () => {
        const { status } = await tryPod(cluster(), "probe", { refusals: "0" });
        return status === 201 && callsOf(webhook, "probe").length > 0;
      });
    });
    afterAll(() => webhook?.stop());

    it("it calls again after the seconds it was told, and the pod is let in", async () => {
      const name = newName("twice");
      const { status, text } = await tryPod(cluster(), name, { refusals: "2", "retry-after": "1" });
      expect(status, text).toBe(201);
      const calls = callsOf(webhook, name);
      expect(calls.map((call) => call.status)).toEqual([503, 503, 200]);
      // The connection was kept, so it is the same replica each time.
      expect(new Set(calls.map(({ address }) => address)).size).toBe(1);
      for (const pause of pausesOf(calls)) expect(pause).toBeGreaterThanOrEqual(950);
      tell("503 with Retry-After: 1 twice", calls);
    });

    it("it gives up when the webhook's timeout is over, and says so", async () => {
      const name = newName("always");
      const begun = performance.now();
      const { status, body } = await tryPod(cluster(), name, { refusals: "99", "retry-after": "1" });
      const seconds = (performance.now() - begun) / 1000;
      const calls = callsOf(webhook, name);
      tell(`always 503: ${status} ${textAt(body, "message")} after ${seconds.toFixed(1)} s`, calls);
      expect(status).toBe(500);
      expect(textAt(body, "message")).toContain("failed calling webhook");
      expect(calls.length).toBeGreaterThan(1);
      expect(seconds).toBeLessThan(allowed(timeoutSeconds));
    });

    it("without Retry-After it does not call again", async () => {
      const name = newName("bare");
      const { status, body } = await tryPod(cluster(), name, { refusals: "1" });
      tell(`503 alone: ${status} ${textAt(body, "message")}`, callsOf(webhook, name));
      expect(status).toBe(500);
      expect(callsOf(webhook, name)).toHaveLength(1);
    });

    it("where the answer ends its connection, the next call may reach another replica", async () => {
      const reached = new Set<string>();
      for (let round = 0; round < 6; round++) {
        const name = newName(`closed-${round}`);
        const { status } = await tryPod(cluster(), name, {
          refusals: "2",
          "retry-after": "0",
          close: "true",
        });
        const calls = callsOf(webhook, name);
        tell(`503 with Retry-After: 0 and Connection: close: ${status}`, calls);
        if (new Set(calls.map(({ address }) => address)).size > 1) reached.add(name);
      }
      expect(reached.size).toBeGreaterThan(0);
    });
  },
);

interface Call {
  readonly address: string;
  readonly status: number;
  readonly ms: number;
}

function callsOf(webhook: Running | undefined, pod: string): Call[] {
  const lines = (webhook?.log() ?? "").split("\n").map((line) => line.split(" "));
  return lines
    .filter(([name]) => name === pod)
    .map(([, address = "", status, ms]) => ({ address, status: Number(status), ms: Number(ms) }));
}

function pausesOf(calls: readonly Call[]): number[] {
  return calls.slice(1).map(({ ms }, index) => ms - (calls[index]?.ms ?? 0));
}

function tryPod(
  { api }: TestCluster,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<ApiAnswer> {
  const pod = podOf(name, { namespace: "later", labels });
  return api.send("POST", "/api/v1/namespaces/later/pods?dryRun=All", pod);
}

/** Two replicas of it behind a Service, asked about each pod of the namespace "later". */
async function startWebhook(cluster: TestCluster): Promise<Running> {
  const { api, plane, sandbox } = cluster;
  const folder = join(plane.folder, "retry-later");
  mkdirSync(folder);
  const host = `${service.name}.${service.namespace}.svc`;
  const pair = await generate([{ name: "commonName", value: host }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: host }] },
    ],
  });
  const files = [join(folder, "tls.crt"), join(folder, "tls.key")];
  for (const [index, text] of [pair.cert, pair.private].entries()) writeFileSync(files[index] ?? "", text);
  const program = new URL("harness/retry-later.js", import.meta.url).pathname;
  const argv = [process.execPath, program, ...files, ...addresses.map((address) => `${address}:8443`)];
  const running = new Running("retry-later", sandbox.command(argv), join(folder, "log"));
  await eventually("the webhook listens", () => running.log().includes("listening"));

  await cluster.addNamespace(service.namespace);
  await cluster.addNamespace("later");
  const { name, namespace } = service;
  await api.create(`/api/v1/namespaces/${namespace}/services`, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { ports: [{ name: "https", port: 443, targetPort: 8443 }] },
  });
  await api.create(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: [{ name: "https", port: 8443, protocol: "TCP" }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  });
  await api.create("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name },
    webhooks: [
      {
        name: "later.e2e.sluice.io",
        clientConfig: { service, caBundle: Buffer.from(pair.cert).toString("base64") },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "later" } },
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        failurePolicy: "Fail",
        timeoutSeconds,
      },
    ],
  });
  return running;
}

function tell(what: string, calls: readonly Call[]): void {
  const told = calls.map(({ status, address }) => `${status} of ${address}`).join(", ");
  process.stdout.write(`${what}: calls ${told}; pauses ${pausesOf(calls).join(", ")} ms\n`);
}
