import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { run as inject } from "../../src/cli/inject.ts";
import { run } from "../../src/cli/uninject.ts";
import { readCase, writeCluster } from "../golden/golden-case.ts";
import { runCaptured } from "./captured-io.ts";

const deployment = `# Serves the models.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: serve   # by name
  namespace: research
spec:
  replicas: 2
  selector: {matchLabels: {app: serve}}
  template:
    metadata:
      labels: {app: serve}
    spec:
      containers:
      - name: app
        image: "serve:1"   # pinned
        volumeMounts:
        # what it serves
        - name: models
          mountPath: /models
      volumes:
      - name: models
        persistentVolumeClaim:
          claimName: models   # the Dataset
`;

async function injected(text: string): Promise<string> {
  const folder = writeCluster("thin");
  try {
    const { code, stdout, stderr } = await runCaptured(inject, ["-f", "-", "--cluster", folder], {
      stdin: text,
    });
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("injected") });
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("sluice uninject", () => {
  it("gives a manifest back, with its comments and quotes", async () => {
    const text = await injected(deployment);
    expect(text).toContain("sluice-guard");
    const { code, stdout, stderr } = await runCaptured(run, ["-f", "-"], { stdin: text });
    expect(code).toBe(0);
    expect(stderr).toBe(
      "Deployment research/serve: taken out: fluid-fuse-0, sluice-guard, and what belongs to them\n",
    );
    // The dataset is read-only by itself; a volume that says so means the same.
    expect(stdout.replace(/\n *readOnly: true/, "").replace(" # the Dataset", "")).toBe(
      deployment.replace("   # the Dataset", ""),
    );
  });

  it("leaves what was not injected as it is, byte for byte", async () => {
    const other = "kind: ConfigMap\napiVersion: v1\nmetadata: {name:  a}\n";
    const stdin = `${deployment}---\n${other}`;
    const { code, stdout, stderr } = await runCaptured(run, ["-f", "-"], { stdin });
    expect({ code, stdout }).toEqual({ code: 0, stdout: stdin });
    expect(stderr).toBe(
      "Deployment research/serve: unchanged: nothing of Sluice's is in it\nConfigMap default/a: unchanged: a ConfigMap makes no pods\n",
    );
  });

  it("writes JSON and patches as well", async () => {
    const stdin = await injected(readCase("thin").text);
    const json = await runCaptured(run, ["-f", "-", "-o", "json"], { stdin });
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: "Pod", spec: { containers: [{ name: "app" }] } });
    expect(JSON.parse(json.stdout).spec.initContainers).toBeUndefined();
    const patch = await runCaptured(run, ["-f", "-", "-o", "patch"], { stdin });
    expect(JSON.parse(patch.stdout)).toMatchObject([{ kind: "Pod", namespace: "research", name: "train" }]);
  });

  it("leaves a pod as it is that does not tell enough, and ends with 1", async () => {
    const text = (await injected(readCase("thin").text)).replace(/\n *sluice\.io\/status: .*/, "");
    const { code, stdout, stderr } = await runCaptured(run, ["-f", "-"], { stdin: text });
    expect(code).toBe(1);
    expect(parse(stdout)).toEqual(parse(text));
    expect(stderr).toBe(
      "Pod research/train: left as it is: volume data shows what fluid-fuse-0 mounts, and sluice.io/status does not name its claim\n",
    );
  });

  it.each([
    [["-f", "/nowhere"], "", /there is no such file/],
    [[], "", /name the manifests/],
    [["-f", "-"], "a: [", /standard input:1/],
    [["-f", "-"], "", /holds no Kubernetes object/],
    [
      ["-f", "-"],
      "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: a}\n",
      /has no spec\.template\.spec/,
    ],
    [["-f", "-", "-o", "text"], deployment, /-o text is not known/],
  ])("ends with 2 for %j %j", async (argv, stdin, problem) => {
    const { code, stdout, stderr } = await runCaptured(run, argv, { stdin });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(problem);
  });
});
