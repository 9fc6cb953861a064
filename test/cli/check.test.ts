import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, type Server } from "node:net";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseMetrics } from "../../src/cli/check/parse-metrics.ts";
import { resultTable } from "../../src/cli/check/print-results.ts";
import { requiredRights } from "../../src/cli/check/required-rights.ts";
import { run } from "../../src/cli/check.ts";
import { paintWith } from "../../src/cli/paint.ts";
import { isRawObject } from "../../src/cluster/raw-fields.ts";
import { defaultConfig } from "../../src/config.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { makeTestCertificates, registrationWith, type TestCertificates } from "../support/check-facts.ts";
import { answering, forbidden } from "../support/fake-api-faults.ts";
import { type ApiCall, type FakeApiServer, json } from "../support/fake-api-server.ts";
import { Closing, startApi } from "../support/live-cluster.ts";
import { servePortForward } from "../support/port-forward-server.ts";
import { runCaptured } from "./captured-io.ts";

const namespace = "sluice-system";
const closing = new Closing();
let api: FakeApiServer;
beforeEach(async () => {
  api = await startApi(closing);
});
afterEach(() => closing.all());

const check = (...args: string[]) => runCaptured(run, ["--kubeconfig", api.kubeconfig, ...args]);

async function checked(...args: string[]) {
  const { code, stdout } = await check("-o", "json", ...args);
  const report: { results: { check: string; level: string; message: string; remedy?: string }[] } =
    JSON.parse(stdout);
  const bad = report.results.filter(({ level }) => level !== "ok");
  return {
    code,
    report,
    bad: bad.map((result) => [result.check, result.level, result.message]),
    results: bad,
  };
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.add(async () => void server.close());
  const address: AddressInfo | string | null = server.address();
  return isRawObject(address) ? Number(address["port"]) : 0;
}

/** All that the chart installs, with two pods that are reached by port-forward. */
async function installSluice(): Promise<TestCertificates> {
  const certificates = await makeTestCertificates();
  const metadata = { name: "sluice", namespace };
  api.store.put("mutatingwebhookconfigurations", registrationWith(certificates.authority.cert));
  api.store.put("deployments", { metadata, spec: { replicas: 2 }, status: { readyReplicas: 2 } });
  api.store.put("services", { metadata });
  api.store.put("configmaps", { metadata, data: { "config.yaml": "{}\n" } });
  api.store.put("endpointslices", {
    metadata: { ...metadata, labels: { "kubernetes.io/service-name": "sluice" } },
    endpoints: [{ conditions: { ready: true } }],
  });
  api.store.put("namespaces", { metadata: { name: "team", labels: { "sluice.io/injection": "enabled" } } });
  api.store.put("validatingadmissionpolicies", { metadata: { name: "sluice" } });
  const spec = { policyName: "sluice", validationActions: ["Deny"] };
  api.store.put("validatingadmissionpolicybindings", { metadata: { name: "sluice" }, spec });
  const ports = [
    { name: "https", containerPort: 8443 },
    { name: "ops", containerPort: 8080 },
  ];
  for (const name of ["sluice-a", "sluice-b"])
    api.store.put("pods", {
      metadata: {
        name,
        namespace,
        labels: { "app.kubernetes.io/name": "sluice", "app.kubernetes.io/component": "webhook" },
      },
      spec: { containers: [{ name: "sluice", ports }] },
      status: { phase: "Running" },
    });
  answerAccessReviews();
  const { cert, key } = certificates.pair;
  const served = await portOf(createHttpsServer({ cert, key }));
  const metrics = createMetrics({ process: false });
  metrics.setResource({ resource: "nodes", lastContact: Date.now() - 3_000, restarts: 0 });
  metrics.setClusterObjects("Node", 7);
  const ops = await portOf(
    createHttpServer((request, response) => {
      if (request.url === "/readyz") response.end("ok\n");
      else void metrics.render().then((page) => response.end(page));
    }),
  );
  api.onUpgrade = (request, socket) => {
    const port = request.url?.endsWith("ports=8443") ? served : ops;
    servePortForward(request, socket, () => connect(port, "127.0.0.1"));
  };
  return certificates;
}

let asked: ApiCall[] = [];
let isAllowed: (right: string) => boolean = () => true;

/** Answers SubjectAccessReviews by `isAllowed`. */
function answerAccessReviews(): void {
  asked = [];
  isAllowed = () => true;
  api.fail({ resource: "subjectaccessreviews" }, (response, call) => {
    asked.push(call);
    const spec = isRawObject(call.body) ? call.body["spec"] : undefined;
    const right =
      isRawObject(spec) && isRawObject(spec["resourceAttributes"]) ? spec["resourceAttributes"] : {};
    json(response, 201, { status: { allowed: isAllowed(`${right["verb"]} ${right["resource"]}`) } });
  });
}

describe("sluice check", () => {
  it("finds everything fine", async () => {
    await installSluice();
    const { code, stdout, stderr } = await check();
    // On a busy machine it tells what it waits for.
    expect(stderr.replaceAll(/^sluice check: \d+ answers so far, waiting for .*\n/gm, "")).toBe("");
    expect(stdout).toContain(`Sluice in namespace sluice-system of https://127.0.0.1:${api.port}\n`);
    expect(stdout).toMatch(/\n✓ caBundle +trusts what each of 2 replicas serves\n/);
    expect(stdout).toMatch(/\n✓ caches +2 replicas are ready: 7 objects, last contact at most \d s ago\n/);
    expect(stdout).toMatch(/\n15 ✓ {2}0 ! {2}0 ✗\n$/);
    expect(code).toBe(0);
  });

  it("asks about the ServiceAccount, not about who asks, and changes nothing", async () => {
    await installSluice();
    const before = api.store.version;
    expect((await checked()).code).toBe(0);
    expect(asked).toHaveLength(requiredRights("sluice-system", defaultConfig).length);
    expect(asked.map(({ body }) => body)).toContainEqual({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: {
        user: "system:serviceaccount:sluice-system:sluice",
        groups: ["system:serviceaccounts", "system:serviceaccounts:sluice-system", "system:authenticated"],
        resourceAttributes: { verb: "get", group: "", resource: "namespaces" },
      },
    });
    expect(api.store.version).toBe(before);
    const secrets = api.calls.filter(({ resource }) => resource === "secrets");
    expect(secrets).toEqual([]);
  });

  it("finds a right that is missing and a caBundle of somebody else", async () => {
    await installSluice();
    const stranger = await makeTestCertificates();
    api.store.put("mutatingwebhookconfigurations", registrationWith(stranger.authority.cert));
    isAllowed = (right) => right !== "patch mutatingwebhookconfigurations";
    const { code, bad, report, results } = await checked();
    expect(code).toBe(1);
    expect(report).toMatchObject({ namespace, healthy: false });
    expect(bad).toEqual([
      ["caBundle", "error", expect.stringMatching(/^what sluice-[ab] serves is not trusted/)],
      ["permissions", "error", expect.stringContaining("may not patch mutatingwebhookconfigurations")],
    ]);
    for (const { remedy } of results) expect(remedy).toBeTruthy();
  });

  it("finds nothing installed", async () => {
    const { code, bad } = await checked();
    expect(code).toBe(1);
    expect(bad).toEqual([
      ["replicas", "error", "there is no Deployment sluice in namespace sluice-system"],
      ["registration", "error", "there is no MutatingWebhookConfiguration sluice: nobody calls Sluice"],
      ["namespaces", "warning", expect.stringContaining("none has opted in")],
    ]);
  });

  it("names the namespace it looked in, and that the registration leads elsewhere", async () => {
    await installSluice();
    const { bad } = await checked("-n", "other");
    expect(bad).toContainEqual(["replicas", "error", "there is no Deployment sluice in namespace other"]);
    expect(bad).toContainEqual([
      "registration",
      "error",
      "namespace.sluice.io calls sluice-system/sluice:443/mutate instead of Service other/sluice:443/mutate",
    ]);
  });

  it("says what it may not see", async () => {
    await installSluice();
    api.fail(({ verb }) => verb !== "discovery", forbidden);
    const { code, bad } = await checked();
    expect(code).toBe(1);
    expect(bad).toContainEqual([
      "registration",
      "error",
      "MutatingWebhookConfiguration sluice cannot be read: you may not list mutatingwebhookconfigurations",
    ]);
    expect(bad).toContainEqual([
      "replicas",
      "warning",
      "the Deployment cannot be read: you may not get deployments",
    ]);
    expect(bad.filter(([, level]) => level === "error")).toHaveLength(1);
  });

  it("goes by the Secret where no port may be forwarded", async () => {
    const { pair } = await installSluice();
    api.onUpgrade = (_request, socket) => socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}");
    const data = Object.entries({ "tls.crt": pair.cert, "tls.key": pair.key });
    const encoded = data.map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
    api.store.put("secrets", {
      metadata: { name: "sluice-certs", namespace },
      data: Object.fromEntries(encoded),
    });
    const { code, bad } = await checked();
    expect(code).toBe(0);
    expect(bad.map(([name, level]) => [name, level])).toEqual([
      ["caBundle", "warning"],
      ["caches", "warning"],
    ]);
    expect(bad[0]?.[2]).toContain(
      "trusts the certificate in Secret sluice-certs, but no replica could be asked",
    );
  });

  it("survives a failing API server and a pod that speaks no TLS", async () => {
    await installSluice();
    const plain = await portOf(createHttpServer((_request, response) => void response.end("hello")));
    api.onUpgrade = (request, socket) => servePortForward(request, socket, () => connect(plain, "127.0.0.1"));
    api.fail({ resource: "services" }, answering(500, "etcdserver: request timed out"));
    const { bad } = await checked();
    expect(bad).toContainEqual([
      "Service",
      "warning",
      "the Service cannot be read: etcdserver: request timed out",
    ]);
    expect(bad.find(([name]) => name === "caBundle")?.[2]).toContain("no TLS handshake");
  });

  it.each([
    [["--bad"], "unknown option --bad"],
    [["-o", "yaml"], "-o yaml is not known: use text, json"],
    [["--context", "nowhere"], 'no context "nowhere"'],
    [["--kubeconfig", "/nowhere"], "kubeconfig /nowhere cannot be used"],
  ])("ends with 2 for %j", async (args, message) => {
    const { code, stdout, stderr } = await check(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("ends with 2 where nobody answers, or not to us", async () => {
    api.token = "another";
    expect(await check()).toMatchObject({ code: 2, stderr: expect.stringContaining("does not accept") });
    await api.stop();
    expect(await check()).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot be reached") });
  });

  it("shows its help", async () => {
    expect(await check("--help")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("sluice check [OPTIONS]"),
    });
  });

  it("tells what it waits for while that takes long", async () => {
    await installSluice();
    let answer: (() => void) | undefined;
    api.fail({ resource: "services" }, (_response, _call, pass) => {
      answer = pass;
    });
    const stderr = new PassThrough();
    const stdout = new PassThrough();
    const io = { stdin: new PassThrough(), stdout, stderr, env: {}, color: false };
    const code = run(["--kubeconfig", api.kubeconfig], { ...io, stop: new AbortController().signal });
    let told = "";
    stderr.on("data", (text: Buffer) => {
      told += text.toString();
    });
    await expect
      .poll(() => told)
      .toMatch(/^sluice check: \d+ answers so far, waiting for \/api\/v1\/.*services\/sluice\n/m);
    answer?.();
    expect(await code).toBe(0);
  });
});

it("keeps commands in one piece, and is coloured where it may be", () => {
  const remedy = `see why, which is told by what the command says: kubectl ${"-n sluice-system ".repeat(8)}logs x`;
  const results = [
    { check: "caBundle", level: "error" as const, message: "broken ".repeat(20), remedy, details: ["more"] },
    { check: "a", level: "ok" as const, message: "fine" },
  ];
  const plain = resultTable(results, paintWith(false));
  expect(plain).toContain(`\n            - more\n`);
  expect(plain).toContain(remedy.slice(remedy.indexOf("kubectl")));
  expect(plain).toContain("✓ a         fine\n");
  expect(plain).not.toContain("\u001b");
  expect(plain).not.toContain("\u0001");
  expect(resultTable(results, paintWith(true))).toContain("\u001b[31m✗\u001b[0m");
});

it("reads the metrics that a replica writes, and nothing else", async () => {
  const metrics = createMetrics({ process: false });
  metrics.setProblems('a "strange" one', 2);
  const samples = parseMetrics(`${await metrics.render()}\nrubbish\nx{a="b"} y\n`);
  expect(samples).toContainEqual({
    name: "sluice_problems",
    labels: { with: 'a \\"strange\\" one' },
    value: 2,
  });
  expect(samples).toContainEqual({ name: "sluice_reviews_in_work", labels: {}, value: 0 });
  expect(samples.filter(({ name }) => name === "x")).toEqual([]);
});
