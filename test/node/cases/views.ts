import { expect, it } from "vitest";
import { allowed } from "../../e2e/harness/allowed.ts";
import { eventually } from "../../e2e/harness/eventually.ts";
import { textAt } from "../../e2e/harness/fields.ts";
import { appPod, reader } from "../harness/app-pod.ts";

import { content } from "../harness/prepare-node.ts";
import { readsBetween } from "../harness/reads.ts";
import { checksum, placeOf } from "../harness/storage.ts";
import { type CaseContext, deleted, refusal, runToEnd, withPod } from "./case-context.ts";

/** What md5sum prints. */
const sumLine = (path: string, place: string) => `${checksum(content[path] ?? "")}  ${place}/${path}`;

export function viewCases(context: () => CaseContext): void {
  it("two datasets: sums right, no writing to the read-only one, the other's next reader sees what was written", async () => {
    const both = appPod("views-two", {
      script: `
md5sum /training/train/part-0 /scratch/train/part-1
touch /training/new 2>&1 || echo refused
mkdir -p /scratch/two && cat /training/train/part-0 >/scratch/two/copy && echo written`,
      claims: { training: "/training", scratch: "/scratch" },
    });
    expect(await runToEnd(context(), both)).toEqual([
      sumLine("train/part-0", "/training"),
      sumLine("train/part-1", "/scratch"),
      expect.stringContaining("Read-only file system"),
      "refused",
      "written",
    ]);
    const next = appPod("views-two-next", {
      script: "md5sum /data/two/copy",
      claims: { scratch: "/data" },
    });
    expect(await runToEnd(context(), next)).toEqual([
      `${checksum(content["train/part-0"] ?? "")}  /data/two/copy`,
    ]);
  });

  it("one claim three times, subPath, subPathExpr, uid 1000, read-only root: reads right", async () => {
    const pod = appPod("views-many", {
      script: `
id -u
cat /all/hello.txt /weights/weights
md5sum /part/part-1
echo x >/weights/x || echo refused
echo x >/x || echo refused`,
      claims: { scratch: "/all" },
      container: {
        env: [{ name: "PART", value: "train" }],
        securityContext: { runAsUser: 1000, readOnlyRootFilesystem: true },
        volumeMounts: [
          { name: "scratch", mountPath: "/all" },
          { name: "scratch", mountPath: "/weights", subPath: "models/small", readOnly: true },
          { name: "scratch", mountPath: "/part", subPathExpr: "$(PART)" },
        ],
      },
    });
    const said = (await runToEnd(context(), pod)).filter((line) => !line.startsWith("sh: "));
    const sum = `${checksum(content["train/part-1"] ?? "")}  /part/part-1`;
    expect(said).toEqual(["1000", "hello", "weights", sum, "refused", "refused"]);
  });

  it("a subPath that leads out of the dataset: the app never starts, the log and the events say why", async () => {
    const { node } = context();
    await node.run(["ln", "-sfn", "/etc", `${placeOf("scratch")}/way-out`]);
    const pod = appPod("views-way-out", {
      script: "ls /data",
      claims: { scratch: { mountPath: "/data", subPath: "way-out" } },
    });
    await withPod(context(), pod, async (waiting) => {
      await waiting.line("fluid-fuse-0", /leads out of the dataset: refused/);
      await eventually("the kubelet says that it waits", async () =>
        /subPath/.test(await waiting.describe()),
      );
      expect(waiting.log("app")).toEqual([]);
      await deleted(waiting, 13);
    });
  });

  it("another volume below the dataset's path: nothing of it reaches the dataset, also when the client dies", async () => {
    const { node } = context();
    const pod = appPod("views-inner", {
      script: "while :; do echo inner >/data/models/small/inner 2>/dev/null; sleep 0.05; done",
      claims: { scratch: "/data" },
      container: {
        volumeMounts: [
          { name: "scratch", mountPath: "/data" },
          { name: "inner", mountPath: "/data/models/small" },
        ],
      },
      spec: {
        volumes: [
          { name: "scratch", persistentVolumeClaim: { claimName: "scratch" } },
          { name: "inner", emptyDir: {} },
        ],
      },
      grace: 2,
    });
    const inSource = () =>
      node.run(["ls", `${placeOf("scratch")}/models/small`]).then((names) => names.trim().split("\n"));
    await withPod(context(), pod, async (running) => {
      await eventually("the app runs", async () => (await running.phase()) === "Running");
      expect(textAt(await running.read(), "metadata", "annotations", "sluice.io/status")).toContain(
        "injected",
      );
      await running.signalContainer("fluid-fuse-0", "KILL");
      await running.restarted("fluid-fuse-0", 1);
      await running.line("fluid-fuse-0", /is served/);
      await readsBetween(running, 0, Date.now() / 1000 + 1);
      expect(await inSource()).toEqual(["weights"]);
      await deleted(running, 5);
    });
    expect(await inSource()).toEqual(["weights"]);
  });

  it("workingDir in the dataset: works, and is warned about", async () => {
    const { node } = context();
    const pod = appPod("views-working-dir", {
      script: "pwd; cat hello.txt",
      claims: { training: "/data" },
      container: { workingDir: "/data/train/.." },
    });
    const { warnings } = await node.api.send("POST", "/api/v1/namespaces/data/pods?dryRun=All", pod);
    expect(warnings.join("\n")).toContain("workingDir");
    expect((await runToEnd(context(), pod)).slice(-1)).toEqual(["hello"]);
  });

  it("recursiveReadOnly: read, not written", async () => {
    const pod = appPod("views-recursive", {
      script: "cat /data/hello.txt; touch /data/x 2>/dev/null || echo refused",
      claims: { scratch: { mountPath: "/data", readOnly: true, recursiveReadOnly: "Enabled" } },
    });
    expect(await runToEnd(context(), pod)).toEqual(["hello", "refused"]);
  });

  it("hostUsers: false: refused, naming the field", async () => {
    const pod = appPod("views-host-users", {
      script: "true",
      claims: { training: "/data" },
      spec: { hostUsers: false },
    });
    expect(await refusal(context(), pod)).toContain("hostUsers");
  });

  it.each(["training", "books"])("shareProcessNamespace, fsGroup (%s): read, heal, end", async (claim) => {
    const pod = appPod(`views-shared-${claim}`, {
      script: reader("/data/hello.txt"),
      claims: { [claim]: "/data" },
      spec: { shareProcessNamespace: true, securityContext: { fsGroup: 2000 } },
    });
    await withPod(context(), pod, async (running) => {
      expect((await running.line("app", /./)).text).toBe("ok hello");
      const killedAt = await running.signalContainer("fluid-fuse-0", "KILL");
      await running.restarted("fluid-fuse-0", 1);
      await running.line("app", /^ok/, { since: killedAt + 0.5 });
      const { longestGap } = await readsBetween(running, killedAt, Date.now() / 1000 + 0.5);
      expect(longestGap).toBeLessThan(allowed(10));
      await deleted(running, 13);
    });
  });
}
