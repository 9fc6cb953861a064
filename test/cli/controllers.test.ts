import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/cli/controllers.ts";
import { forbidden } from "../support/fake-api-faults.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { injected, mounting, withStatus } from "../support/finishing-pod.ts";
import { Closing, startApi } from "../support/live-cluster.ts";
import { runCaptured, startCaptured } from "./captured-io.ts";

const closing = new Closing();
let api: FakeApiServer;
beforeEach(async () => {
  api = await startApi(closing);
});
afterEach(() => closing.all());

/** Starts `sluice controllers` on the fake API server. */
function start(...args: readonly string[]) {
  const argv = ["--kubeconfig", api.kubeconfig, "--ops-listen", "127.0.0.1:0", ...args];
  const { out, code, stop } = startCaptured(run, argv, { HOSTNAME: "pod-1" });
  closing.add(async () => {
    stop.abort("SIGTERM");
    await code;
  });
  const ask = async (path: string) => {
    await expect.poll(() => out.stdout).toContain("(ops ");
    const answer = await fetch(`${/\(ops (\S+)\)/.exec(out.stdout)?.[1]}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  const becomes = (path: string, text: string) =>
    expect.poll(async () => (await ask(path)).text).toContain(text);
  return { out, code, stop, ask, becomes };
}

const lease = (namespace: string) => api.store.find("leases", "sluice-controllers", namespace)?.["spec"];

describe("sluice controllers", () => {
  it("leads, works, tells how it does, and gives the Lease away when it is told to stop", async () => {
    const pod = withStatus(injected({ containers: [mounting("app", "data")] }), { app: 0 });
    api.store.put("pods", { ...pod, metadata: { ...pod.metadata, name: "job", namespace: "default" } });
    const { out, code, stop, ask, becomes } = start();
    await becomes("/readyz", "ok");
    await becomes("/metrics", 'sluice_controller_work_total{controller="end-clients",result="ended"} 1');
    const { text } = await ask("/metrics");
    expect(text).toContain("sluice_leader 1\n");
    expect(text).toMatch(/^sluice_watch_last_contact_timestamp_seconds\{resource="pods"\} \d/m);
    expect(text).toContain('sluice_problems{with="lease"} 0');
    expect((await ask("/healthz")).status).toBe(200);
    expect(lease("sluice-system")).toMatchObject({ holderIdentity: expect.stringMatching(/^pod-1_/) });
    expect(out.stdout).toMatch(
      /^sluice controllers stand by as pod-1_\S+ \(ops http:\/\/127\.0\.0\.1:\d+\)\n$/,
    );
    stop.abort("SIGTERM");
    expect(await code).toBe(0);
    expect(lease("sluice-system")).toMatchObject({ holderIdentity: "" });
  });

  it("is ready while another one leads, and does nothing then", async () => {
    api.store.put("leases", {
      metadata: { name: "sluice-controllers", namespace: "team" },
      spec: { holderIdentity: "other", leaseDurationSeconds: 3600 },
    });
    const { becomes, ask } = start("--namespace", "team");
    await becomes("/readyz", "ok");
    expect((await ask("/metrics")).text).toContain("sluice_leader 0\n");
    expect(api.callsOf("list", "pods")).toEqual([]);
  });

  it("is not ready, and says why, while the Lease cannot be had", async () => {
    api.fail({ resource: "leases" }, forbidden);
    const { becomes, ask } = start();
    await becomes("/readyz", "cannot get leases.coordination.k8s.io");
    expect((await ask("/readyz")).status).toBe(503);
    expect((await ask("/metrics")).text).toContain('sluice_problems{with="lease"} 1');
  });

  it("is not ready while the leader cannot read its pods", async () => {
    api.fail({ verb: "list", resource: "pods" }, forbidden);
    const { becomes } = start();
    await becomes("/readyz", "cannot list pods: give the ServiceAccount get, list and watch");
  });
});

describe("sluice controllers, called wrongly", () => {
  it.each([
    [["--help"], 0, "Usage\n  sluice controllers [OPTIONS]"],
    [["--confg", "x"], 2, "unknown option --confg"],
    [["--ops-listen", "nowhere"], 2, "--ops-listen"],
    [["--config", "/nowhere.yaml"], 2, "/nowhere.yaml"],
    [["--namespace", "Not A Name"], 2, "--namespace"],
    [["--kubeconfig", "/nowhere.conf"], 2, "/nowhere.conf"],
  ])("%j", async (argv, code, words) => {
    const result = await runCaptured(run, argv);
    expect(result.stdout + result.stderr).toContain(words);
    expect(result.code).toBe(code);
  });

  it("ends with 1 where its address is taken", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.add(() => new Promise((resolve) => server.close(() => resolve())));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const argv = ["--kubeconfig", api.kubeconfig, "--ops-listen", `127.0.0.1:${port}`];
    const { code, stderr } = await runCaptured(run, argv);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`127.0.0.1:${port}`)]);
  });
});
