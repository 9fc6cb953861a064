import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { run as explain } from "../../src/cli/explain.ts";
import { run as inject } from "../../src/cli/inject.ts";
import { forbidden } from "../support/fake-api-faults.ts";
import { Closing } from "../support/live-cluster.ts";
import { runCaptured } from "./captured-io.ts";
import { serveDemoCluster } from "./demo-api.ts";
import { temporaryFolder } from "./demo-folder.ts";

const closing = new Closing();
afterEach(() => closing.all());

const trainPod = new URL("../../manifests/examples/train-pod.yaml", import.meta.url).pathname;
const startDemoApi = () => serveDemoCluster(closing);

describe("inject and explain without --cluster", () => {
  it("read the cluster of the kubeconfig", async () => {
    const api = await startDemoApi();
    const env = { KUBECONFIG: api.kubeconfig };
    const injected = await runCaptured(inject, ["-f", trainPod], { env });
    expect(injected.stderr).toContain("data is Dataset demo/imagenet by fluid-fuse-0");
    expect(injected.stdout).toContain("name: fluid-fuse-0");
    expect(injected.code).toBe(0);
    const explained = await runCaptured(explain, ["-f", trainPod], { env });
    expect(explained.stdout).toContain("Dataset demo/imagenet");
    expect(explained.code).toBe(0);
  });

  it("say what is missing where there is no cluster to be reached, and how else it goes", async () => {
    const env = { KUBECONFIG: join(temporaryFolder(), "none") };
    const { code, stderr } = await runCaptured(inject, ["-f", trainPod], { env });
    expect(stderr).toMatch(/^sluice inject: .*none.*--cluster DIR/);
    expect(code).toBe(2);
  });

  it("name what they may not read, and stop when they are told to", async () => {
    const api = await startDemoApi();
    api.fail({ resource: "daemonsets" }, forbidden);
    const stop = new AbortController();
    const running = runCaptured(inject, ["-f", trainPod], {
      env: { KUBECONFIG: api.kubeconfig },
      stop: stop.signal,
      onStderr: (text) => text.includes("daemonsets") && stop.abort(),
    });
    const { code, stderr } = await running;
    expect(stderr).toMatch(/warning: .*daemonsets/);
    expect(code).toBe(2);
  });
});
