import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { demoClusterFiles } from "../../src/cli/demo-cluster.ts";
import { run as explain } from "../../src/cli/explain.ts";
import { run as inject } from "../../src/cli/inject.ts";
import { runCaptured } from "../cli/captured-io.ts";

const examples = new URL("../../manifests/examples/", import.meta.url).pathname;
const cluster = join(examples, "cluster");

describe("the examples for users", () => {
  it("their cluster is the demo's", () => {
    expect([...demoClusterFiles.keys()]).toEqual(readdirSync(cluster).sort());
  });

  it.each([
    ["train-pod.yaml", ["imagenet"], "fluid.io/s-demo-imagenet"],
    ["batch-job.yaml", ["corpus", "checkpoints"], "fluid.io/s-demo-checkpoints"],
    ["serve-deployment.yaml", ["models"], "/etc/fluid/config"],
  ])("%s is injected and explained, without a warning", async (file, datasets, part) => {
    const argv = ["-f", join(examples, file), "--cluster", cluster];
    const injected = await runCaptured(inject, argv);
    expect(injected.code).toBe(0);
    expect(injected.stderr).toContain("injected (sidecar mode, native sidecar");
    expect(injected.stderr).not.toContain("warning");
    expect(injected.stdout).toContain("restartPolicy: Always");
    expect(injected.stdout).toContain(part);
    const explained = await runCaptured(explain, argv);
    expect(explained.code).toBe(0);
    for (const dataset of datasets) expect(explained.stdout).toContain(`Dataset demo/${dataset}`);
  });

  it("eci-pod.yaml is made for ECI, and explained with what is not confirmed of it", async () => {
    const argv = ["-f", join(examples, "eci-pod.yaml"), "--cluster", cluster];
    const injected = await runCaptured(inject, argv);
    expect(injected.code).toBe(0);
    expect(injected.stdout).toContain("ECI_CONTAINER_LAUNCH_PRIORITY");
    expect(injected.stdout).not.toContain("hostPath");
    const explained = await runCaptured(explain, argv);
    expect(explained.stdout).toContain("injected (sidecar mode, classic sidecar, platform eci)");
    expect(explained.stdout).toContain("What is not confirmed of that");
  });

  it("eci-pod.yaml is explained as the README shows it, which leaves out parts", async () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const command = "sluice explain -f manifests/examples/eci-pod.yaml";
    const block = readme.split("```\n").find((text) => text.startsWith("$ ") && text.includes(command)) ?? "";
    const parts = block
      .split("\n")
      .slice(1)
      .join("\n")
      .split(/^ {2}…\n/m);
    expect(parts.length).toBeGreaterThan(1);
    const argv = ["-f", join(examples, "eci-pod.yaml"), "--cluster", cluster];
    const { stdout } = await runCaptured(explain, argv);
    for (const part of parts) expect(stdout).toContain(part);
  });

  it("every example is tried", () => {
    const files = readdirSync(examples).filter((name) => name !== "cluster");
    expect(files.sort()).toEqual([
      "batch-job.yaml",
      "eci-pod.yaml",
      "serve-deployment.yaml",
      "train-pod.yaml",
    ]);
  });
});
