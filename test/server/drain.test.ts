import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { describe, expect, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster-view.ts";
import { clusterOf } from "../support/cluster-of.ts";
import { reviewOf } from "../support/review-builder.ts";
import { startTestServer } from "../support/start-server.ts";

const pod = { metadata: { name: "p" }, spec: { containers: [{ name: "app" }] } };

describe("stopping", () => {
  it("answers what is in flight, closes kept connections, and lets nobody in afterwards", async () => {
    let release: (() => void) | undefined;
    const cluster: Cluster = {
      view: clusterOf({}),
      refresh: () => new Promise((resolve) => (release = () => resolve(false))),
      close: () => Promise.resolve(),
    };
    const server = await startTestServer({
      cluster,
      decide: () => ({
        verdict: "rejected",
        volumes: [],
        findings: [{ code: "claim-not-found", message: "missing", restsOn: [{ kind: "Node", name: "n" }] }],
        edits: [],
        pod: {},
      }),
    });
    const inFlight = server.post(reviewOf(pod, { uid: "in-flight" }));
    await expect.poll(() => release).toBeDefined();

    const stopped = server.stop();
    expect((await fetch(`${server.opsUrl}/readyz`)).status).toBe(503);
    release?.();
    const answer = await inFlight;
    expect(answer.body).toMatchObject({ response: { uid: "in-flight", allowed: false } });
    expect(answer.headers["connection"]).toBe("close");
    await stopped;
    await expect(server.post(reviewOf(pod))).rejects.toThrow(/ECONNREFUSED|socket hang up|ECONNRESET/);
    await expect(fetch(`${server.opsUrl}/healthz`)).rejects.toThrow();
  });

  it("goes on serving during the pause, telling each caller to close", async () => {
    const server = await startTestServer({ cluster: clusterOf({}) });
    const kept = await server.post(reviewOf(pod));
    expect(kept.headers["connection"]).toBe("keep-alive");
    const stopped = server.stop(300);
    const answer = await server.post(reviewOf(pod));
    expect(answer.status).toBe(200);
    expect(answer.headers["connection"]).toBe("close");
    const ready = await fetch(`${server.opsUrl}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, "stopping\n"]);
    await stopped;
  });

  it("does not wait for idle connections", async () => {
    const server = await startTestServer({ cluster: clusterOf({}) });
    const agent = new Agent({ keepAlive: true, ca: server.ca });
    await new Promise((resolve) => {
      request(`${server.url}/mutate`, { agent }, (response: IncomingMessage) =>
        response.resume().on("end", resolve),
      ).end();
    });
    const started = performance.now();
    await server.stop();
    expect(performance.now() - started).toBeLessThan(4_000);
    agent.destroy();
  });

  it("cuts off a client that hangs, at its deadline", async () => {
    const server = await startTestServer({ cluster: clusterOf({}) });
    const hanging = request(`${server.url}/mutate`, {
      method: "POST",
      ca: server.ca,
      headers: { "content-type": "application/json", "content-length": 100 },
    });
    const cut = new Promise((resolve) => hanging.on("error", resolve));
    hanging.write("{");
    await new Promise((resolve) => hanging.on("socket", (socket) => socket.on("secureConnect", resolve)));
    await server.stop();
    expect(await cut).toBeInstanceOf(Error);
  });
});
