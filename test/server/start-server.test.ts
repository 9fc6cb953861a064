import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type PeerCertificate } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCertificateDirectory } from "../../src/certs/certificate-directory.ts";
import { defaultServingNames } from "../../src/certs/serving-names.ts";
import { defaultConfig } from "../../src/config.ts";
import { startOps } from "../../src/server/start-ops.ts";
import { startServer } from "../../src/server/start-server.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { clusterOf } from "../support/cluster-of.ts";
import { reviewOf } from "../support/review-builder.ts";
import { clusterFrom, startTestServer, type TestServer } from "../support/start-server.ts";

const pod = { metadata: { name: "p" }, spec: { containers: [{ name: "app" }] } };

describe("operations port", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ cluster: clusterOf({}) });
  });
  afterAll(() => server.stop());

  it.each([
    ["/healthz", 200, /^ok\n$/],
    ["/readyz", 200, /^ok\n$/],
    ["/metrics", 200, /^sluice_certificate_expiry_timestamp_seconds \d{10}$/m],
    ["/mutate", 404, /GET \/healthz, \/readyz or \/metrics/],
  ])("%s: %i", async (path, status, text) => {
    const answer = await fetch(server.opsUrl + path);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(text);
  });
});

describe("TLS", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ cluster: clusterOf({}) });
  });
  afterAll(() => server.stop());

  function handshake(options: object): Promise<PeerCertificate> {
    const port = Number(new URL(server.url).port);
    return new Promise((resolve, reject) => {
      const socket = connect(
        { host: "127.0.0.1", port, ca: server.ca, servername: "localhost", ...options },
        () => {
          resolve(socket.getPeerCertificate());
          socket.destroy();
        },
      );
      socket.on("error", reject);
    });
  }

  it.each(["TLSv1.2", "TLSv1.3"] as const)("speaks %s", async (version) => {
    await expect(handshake({ minVersion: version, maxVersion: version })).resolves.toMatchObject({
      subject: { CN: "sluice" },
    });
  });

  it("speaks nothing older", async () => {
    const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
    await expect(handshake(old)).rejects.toThrow(/protocol|alert/i);
  });

  it("serves new connections with a new pair, and keeps the old one when the files are bad", async () => {
    const before = await handshake({});
    await writeFile(join(server.certDir, "tls.crt"), "no certificate");
    await expect
      .poll(() => server.log)
      .toContainEqual({ problem: expect.stringMatching(/tls\.crt is not a PEM certificate.*still served$/) });
    expect((await handshake({})).serialNumber).toBe(before.serialNumber);

    await rm(join(server.certDir, "tls.crt"));
    await rm(join(server.certDir, "tls.key"));
    await expect.poll(async () => (await handshake({})).serialNumber).not.toBe(before.serialNumber);
    expect((await server.post(reviewOf(pod))).status).toBe(200);
  });

  it("keeps the old pair when key and certificate do not match", async () => {
    const before = await handshake({});
    await copyFile(join(server.certDir, "ca.key"), join(server.certDir, "tls.key"));
    await expect
      .poll(() => server.log)
      .toContainEqual({ problem: expect.stringMatching(/tls\.key is not the key of .*tls\.crt/) });
    expect((await handshake({})).serialNumber).toBe(before.serialNumber);
  });
});

describe("starting", () => {
  it("is ready once what it waits for has come true, and answers 503 until a review can be answered", async () => {
    const certDir = await mkdtemp(join(tmpdir(), "sluice-test-"));
    const certificates = await openCertificateDirectory(certDir, {
      names: defaultServingNames,
      now: Date.now,
      pollMs: 10_000,
      onProblem: () => undefined,
    });
    const metrics = createMetrics({ process: false });
    const ops = await startOps(metrics, { host: "127.0.0.1", port: 0 });
    const readyz = async () => {
      const answer = await fetch(`${ops.url}/readyz`);
      return `${answer.status} ${await answer.text()}`;
    };
    expect(await readyz()).toBe("503 starting\n");
    let comeTrue: () => void = () => undefined;
    const waited = new Promise<void>((resolve) => {
      comeTrue = resolve;
    });
    const starting = startServer({
      cluster: clusterFrom(clusterOf({})),
      config: defaultConfig,
      log: createLog("silent", process.stderr),
      metrics,
      certificates,
      listen: { host: "127.0.0.1", port: 0 },
      opsListen: ops,
      now: Date.now,
      // They are answered though real reviews are not.
      warmUpReviews: 3,
      unavailable: () => "the cluster has not been read yet",
      waitingFor: () => "the cluster",
      beforeReady: () => waited,
    });
    await expect.poll(readyz).toBe("503 the cluster\n");
    comeTrue();
    const server = await starting;
    expect(await readyz()).toBe("200 ok\n");
    const { hostname, port } = new URL(server.url);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const ca = certificates.current.ca;
      const headers = { "content-type": "application/json" };
      request({ hostname, port, path: "/mutate", method: "POST", ca, headers }, (response) =>
        resolve(response.resume()),
      )
        .on("error", reject)
        .end(JSON.stringify(reviewOf(pod)));
    });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("1");
    await server.stop({ pauseMs: 0, deadlineMs: 1_000 });
    certificates.close();
    await rm(certDir, { recursive: true });
  });

  it("is ready only when warm, and the warming up leaves no trace in the metrics", async () => {
    const server = await startTestServer({ cluster: clusterOf({}), warmUpReviews: 30 });
    const page = await (await fetch(`${server.opsUrl}/metrics`)).text();
    expect(page).toContain("sluice_review_duration_seconds_count 0");
    expect(server.log).toEqual([]);
    await server.stop();
  });

  it.each(["listen", "opsListen"] as const)("says clearly when the port of %s is taken", async (which) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const taken = other.address();
    const port = typeof taken === "object" && taken !== null ? taken.port : 0;
    const certDir = await mkdtemp(join(tmpdir(), "sluice-test-"));
    const certificates = await openCertificateDirectory(certDir, {
      names: defaultServingNames,
      now: Date.now,
      pollMs: 10_000,
      onProblem: () => undefined,
    });
    const start = startServer({
      cluster: clusterFrom(clusterOf({})),
      config: defaultConfig,
      log: createLog("silent", process.stderr),
      metrics: createMetrics({ process: false }),
      certificates,
      listen: { host: "127.0.0.1", port: 0 },
      opsListen: { host: "127.0.0.1", port: 0 },
      now: Date.now,
      warmUpReviews: 0,
      [which]: { host: "127.0.0.1", port },
    });
    await expect(start).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: another process listens there; stop it or choose another port`,
    );
    certificates.close();
    await new Promise((resolve) => other.close(resolve));
    await rm(certDir, { recursive: true });
  });
});
