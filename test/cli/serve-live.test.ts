import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/cli/serve.ts";
import { answering, forbidden } from "../support/fake-api-faults.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { Closing, startApi } from "../support/live-cluster.ts";
import { caBundles, register, secretData } from "../support/replica.ts";
import { reviewOf } from "../support/review-builder.ts";
import { startCaptured } from "./captured-io.ts";

const closing = new Closing();
const configurations = "mutatingwebhookconfigurations";
let api: FakeApiServer;
let folder: string;
beforeEach(async () => {
  api = await startApi(closing);
  folder = await mkdtemp(join(tmpdir(), "sluice-serve-live-"));
  closing.add(() => rm(folder, { recursive: true }));
});
afterEach(() => closing.all());

/** Starts `sluice serve` on the fake API server, on free ports unless `args` say otherwise. */
function serve(args: readonly string[] = []) {
  const argv = ["--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0", "--drain-seconds", "0", ...args];
  const { out, code, stop } = startCaptured(run, argv, { KUBECONFIG: api.kubeconfig });
  closing.add(async () => {
    stop.abort("SIGINT");
    await code;
  });
  const ready = async () => {
    await expect.poll(() => out.stdout).toContain("sluice is ready on");
    const [, url = "", opsUrl = ""] = /ready on (\S+) \(ops (\S+)\)/.exec(out.stdout) ?? [];
    return { url, opsUrl };
  };
  return { out, code, stop, ready };
}

/** Posts as the API server does: by the name of our Service, trusting nothing but the caBundle. */
function post(url: string, ca: string, body: unknown) {
  const { hostname, port } = new URL(url);
  const options = {
    hostname,
    port,
    path: "/mutate",
    method: "POST",
    ca,
    servername: "sluice.sluice-system.svc",
    headers: { "content-type": "application/json" },
  };
  return new Promise<{ status: number; retryAfter: unknown }>((resolve, reject) => {
    request(options, (response) => {
      const answer = { status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] };
      response.resume().on("end", () => resolve(answer));
    })
      .on("error", reject)
      .end(JSON.stringify(body));
  });
}

const review = reviewOf({ metadata: { name: "p" }, spec: { containers: [] } });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function readyz(opsPort: number): Promise<string> {
  try {
    const answer = await fetch(`http://127.0.0.1:${opsPort}/readyz`);
    return `${answer.status} ${await answer.text()}`;
  } catch {
    return "";
  }
}

describe("sluice serve on a live API server", () => {
  it("makes its certificates, is trusted by the registration, answers, and stops as asked", async () => {
    register(api);
    api.store.put("nodes", { metadata: { name: "n1" } });
    const { out, code, stop, ready } = serve();
    const { url, opsUrl } = await ready();
    expect(secretData(api)).toHaveProperty("ca.key");
    expect(await post(url, caBundles(api)[0] ?? "", review)).toMatchObject({ status: 200 });

    const page = await (await fetch(`${opsUrl}/metrics`)).text();
    for (const line of [
      /^sluice_registration_state\{state="trusted"\} 1$/m,
      /^sluice_registration_state\{state="missing"\} 0$/m,
      /^sluice_certificate_actions_total\{action="created"\} 1$/m,
      /^sluice_certificate_actions_total\{action="bundle-published"\} 1$/m,
      /^sluice_authority_expiry_timestamp_seconds \d{10}$/m,
      /^sluice_watch_last_contact_timestamp_seconds\{resource="nodes"\} \d{10}/m,
      /^sluice_watch_restarts_total\{resource="nodes"\} 0$/m,
      /^sluice_cluster_objects\{kind="nodes"\} 1$/m,
      /^sluice_live_reads_total\{result="found"\} 0$/m,
      /^sluice_problems\{with="cluster"\} 0$/m,
      /^nodejs_eventloop_lag_p99_seconds /m,
    ]) {
      expect(page).toMatch(line);
    }
    stop.abort("SIGTERM");
    expect(await code).toBe(0);
    expect(out.stderr).toContain('"msg":"stopped"');
  });

  it("waits for a right that is missing, says so on /readyz, and goes on when it is there", async () => {
    register(api);
    const allow = api.fail({ resource: "secrets", verb: "get" }, forbidden);
    const port = await freePort();
    const { ready } = serve(["--ops-listen", `127.0.0.1:${port}`]);
    await expect
      .poll(() => readyz(port))
      .toMatch(/^503 cannot get secrets "sluice-certs" in namespace sluice-system/);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    allow();
    await ready();
    expect(await readyz(port)).toBe("200 ok\n");
  });

  it("is not ready before it is trusted, and stays ready when it no longer is", async () => {
    register(api);
    const allow = api.fail({ resource: configurations, verb: "patch" }, forbidden);
    const port = await freePort();
    const { out, ready } = serve(["--ops-listen", `127.0.0.1:${port}`]);
    await expect
      .poll(() => readyz(port))
      .toMatch(/^503 cannot patch mutatingwebhookconfigurations.* "sluice": allow the ServiceAccount/);
    expect(out.stdout).toBe("");
    allow();
    await ready();
    api.fail({ resource: configurations, verb: "patch" }, forbidden);
    register(api, "rubbish");
    await expect.poll(() => out.stderr.match(/cannot patch/g)?.length).toBe(2);
    expect(await readyz(port)).toBe("200 ok\n");
  });

  it("answers 503 with Retry-After until the cluster has been read", async () => {
    register(api);
    const over = api.fail({ resource: "persistentvolumes" }, answering(500, "storm"));
    const [port, opsPort] = [await freePort(), await freePort()];
    const { ready } = serve(["--listen", `127.0.0.1:${port}`, "--ops-listen", `127.0.0.1:${opsPort}`]);
    await expect.poll(() => readyz(opsPort)).toMatch(/^503 cannot list persistentvolumes: storm/);
    await expect.poll(() => caBundles(api)[0]).not.toBe("");
    const ca = caBundles(api)[0] ?? "";
    await expect
      .poll(() => post(`https://127.0.0.1:${port}`, ca, review).catch(() => undefined))
      .toEqual({ status: 503, retryAfter: "1" });
    over();
    const { url } = await ready();
    expect(await post(url, ca, review)).toMatchObject({ status: 200 });
  });

  it("stops at once while it still waits for everything", async () => {
    api.fail(() => true, answering(500));
    const { code, stop, out } = serve();
    await expect.poll(() => out.stderr).toContain("cannot get secrets");
    stop.abort("SIGTERM");
    expect(await code).toBe(0);
    expect(out.stdout).toBe("");
  });

  it("with files of somebody else: no Secret, no patch, and ready when the bundle trusts them", async () => {
    register(api);
    const certDir = join(folder, "certs");
    const port = await freePort();
    const { out, ready } = serve(["--cert-dir", certDir, "--ops-listen", `127.0.0.1:${port}`]);
    await expect
      .poll(() => readyz(port))
      .toMatch(
        /^503 the API server does not trust our certificate: caBundle of MutatingWebhookConfiguration sluice/,
      );
    expect(out.stdout).toBe("");
    const { readFile } = await import("node:fs/promises");
    const ca = await readFile(join(certDir, "ca.crt"), "utf8");
    register(api, ca, ca);
    const { url } = await ready();
    expect(await post(url, ca, review)).toMatchObject({ status: 200 });
    expect(api.calls.filter(({ verb }) => ["create", "update", "patch"].includes(verb))).toEqual([]);
    expect(api.callsOf("get", "secrets")).toEqual([]);
  });

  it("with files and a bundle that is ours to keep: the bundle holds ca.crt", async () => {
    register(api);
    const config = join(folder, "config.yaml");
    const directory = join(folder, "certs");
    await writeFile(config, `certificates: {source: files, directory: ${directory}, caBundle: ours}\n`);
    const { url } = await serve(["--config", config]).ready();
    expect(await post(url, caBundles(api)[0] ?? "", review)).toMatchObject({ status: 200 });
  });

  it("ends with exit code 1 when the port is taken, and 2 without a kubeconfig", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    closing.add(() => new Promise((resolve) => other.close(() => resolve())));
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    for (const option of ["--listen", "--ops-listen"]) {
      const { code, out } = serve([option, `127.0.0.1:${port}`]);
      expect(await code).toBe(1);
      expect(out.stderr).toContain(`cannot listen on 127.0.0.1:${port}`);
    }
    await api.writeKubeconfig({});
    await writeFile(api.kubeconfig, "kind: [");
    const { code, out } = serve();
    expect(await code).toBe(2);
    expect(out.stderr).toContain(`kubeconfig ${api.kubeconfig} cannot be used`);
  });
});
