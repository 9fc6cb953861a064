import { describe, expect, it } from "vitest";
import { finetuningPod, plainPod, strandedPod, trainingPod } from "../../src/cli/demo-pods.ts";
import { run } from "../../src/cli/explain.ts";
import { runCaptured } from "./captured-io.ts";
import { demoClusterFolder } from "./demo-folder.ts";

const cluster = demoClusterFolder();

function explain(input: object, ...argv: string[]) {
  return runCaptured(run, ["-f", "-", "--cluster", cluster, ...argv], { stdin: JSON.stringify(input) });
}

/** The lines below a heading, up to the next one. */
function section(text: string, heading: string): string {
  const [, rest = ""] = text.split(`\n  ${heading}\n`);
  return rest.split("\n\n")[0] ?? "";
}

describe("sluice explain", () => {
  it("tells verdict, volumes, steering and every part of an injected pod", async () => {
    const { code, stdout, stderr } = await explain(trainingPod);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Pod demo\/train: injected \(sidecar mode, native sidecar, platform kubernetes\)\n/,
    );
    expect(section(stdout, "Volumes")).toMatch(
      /data is Dataset demo\/imagenet, served by container fluid-fuse-0 \(injected\)/,
    );
    expect(section(stdout, "Where it runs")).toContain("fluid.io/s-demo-imagenet=true");
    const changes = section(stdout, "What is changed, and why");
    expect(changes).toMatch(/volume data is now: emptyDir in memory\n +shows Dataset demo\/imagenet/);
    expect(changes).toMatch(
      /fluid-fuse-0: image alluxio.*\n(?: {6}.*\n)? {8}mounts Dataset demo\/imagenet; made from DaemonSet demo\/imagenet-fuse/,
    );
    expect(changes).toContain("mount /data of container train");
    expect(changes).toContain("label done.sidecar.fluid.io/inject: true");
    expect(changes).not.toMatch(/undefined|\[object/);
  });

  it("tells where each of several datasets comes from", async () => {
    const { stdout } = await explain(finetuningPod);
    for (const [volume, dataset, client] of [
      ["corpus", "corpus", "fluid-fuse-1"],
      ["models", "models", "fluid-fuse-2"],
      ["runs", "checkpoints", "fluid-fuse-0"],
    ])
      expect(stdout).toContain(`${volume} is Dataset demo/${dataset}, served by container ${client}`);
    for (const source of ["corpus-jindofs-fuse", "models-fuse", "checkpoints-fuse"])
      expect(stdout).toContain(`made from DaemonSet demo/${source}`);
    expect(section(stdout, "Warnings")).toContain("cannot be required");
  });

  it("gives reason and remedy of a refusal, and ends with 1", async () => {
    const { code, stdout } = await explain(strandedPod);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Pod demo\/transcribe: refused\n/);
    expect(section(stdout, "Why it is refused").replace(/\s+/g, " ")).toContain(
      "claim demo/speech belongs to Dataset demo/speech, which does not exist: create it, or",
    );
    expect(stdout).not.toContain("What is changed");
  });

  it.each([
    [
      "a pod without dataset",
      plainPod,
      "Pod demo/web: unchanged",
      "no volume of the pod belongs to a dataset",
    ],
    [
      "a pod that nobody opted in",
      { ...trainingPod, metadata: { name: "p" } },
      "Pod default/p: unchanged",
      "label the namespace",
    ],
    [
      "another kind",
      { apiVersion: "v1", kind: "Service", metadata: { name: "s" } },
      "Service default/s: unchanged",
      "makes no pods",
    ],
  ])("says why nothing is done: %s", async (_what, input, title, reason) => {
    const { code, stdout } = await explain(input);
    expect(code).toBe(0);
    expect(stdout.startsWith(title)).toBe(true);
    expect(stdout.replace(/\s+/g, " ")).toContain(reason);
  });

  it("shows the whole node affinity of a pod that has one of its own", async () => {
    const requirement = { key: "disk", operator: "In", values: ["ssd"] };
    const required = { nodeSelectorTerms: [{ matchExpressions: [requirement] }] };
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
    const { stdout } = await explain({ ...trainingPod, spec: { ...trainingPod.spec, affinity } });
    expect(section(stdout, "Where it runs")).toContain("required: disk = ssd");
    expect(section(stdout, "Where it runs")).toContain(
      "preferred, weight 100: fluid.io/s-demo-imagenet = true",
    );
  });

  it("explains every object of a stream", async () => {
    const { stdout, code } = await explain({ kind: "List", items: [trainingPod, strandedPod, plainPod] });
    expect(stdout.match(/^Pod demo\/\w+: \w+/gm)).toEqual([
      "Pod demo/train: injected",
      "Pod demo/transcribe: refused",
      "Pod demo/web: unchanged",
    ]);
    expect(code).toBe(1);
  });

  it("gives machines the decision", async () => {
    const { stdout, code } = await explain({ kind: "List", items: [trainingPod, strandedPod] }, "-o", "json");
    expect(code).toBe(1);
    const [injected, refused] = JSON.parse(stdout);
    expect(injected).toMatchObject({
      kind: "Pod",
      namespace: "demo",
      name: "train",
      verdict: "injected",
      mode: "sidecar",
      volumes: [{ volume: "data", code: "injected", dataset: "demo/imagenet", client: "fluid-fuse-0" }],
    });
    expect(injected.edits[0]).toMatchObject({
      operation: { op: expect.any(String) },
      why: expect.any(String),
    });
    expect(injected).not.toHaveProperty("pod");
    expect(refused).toMatchObject({
      verdict: "rejected",
      edits: [],
      findings: expect.arrayContaining([expect.objectContaining({ code: "dataset-not-found" })]),
    });
  });

  it("fits 100 columns but for single long words", async () => {
    const { stdout } = await explain(finetuningPod);
    for (const line of stdout.split("\n")) if (line.length > 100) expect(line.trim()).not.toContain(" ");
  });

  it("is coloured only where that is wanted", async () => {
    const input = { stdin: JSON.stringify(strandedPod) };
    const argv = ["-f", "-", "--cluster", cluster];
    expect((await runCaptured(run, argv, input)).stdout).not.toContain("\u001b[");
    expect((await runCaptured(run, argv, { ...input, color: true })).stdout).toContain(
      "\u001b[31mrefused\u001b[0m",
    );
  });
});
