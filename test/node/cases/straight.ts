import { expect, it } from "vitest";
import { appPod, reader } from "../harness/app-pod.ts";
import { seconds } from "../harness/case-table.ts";
import { readsBetween } from "../harness/reads.ts";
import { type CaseContext, deleted, refusal, runToEnd, withPod } from "./case-context.ts";

const acs = { "sluice.io/platform": "acs" };
const claims = { training: "/data" };

/** Clients that mount straight into the app's volume, as they are made for virtual nodes, on a kubelet's node. */
export function straightCases(context: () => CaseContext): void {
  it("native: the first read of app and init container succeeds, and nothing is left", async () => {
    const { table } = context();
    const pod = appPod("straight-native", {
      script: reader("/data/hello.txt", 2),
      initScripts: ["cat /data/hello.txt"],
      claims,
      annotations: acs,
    });
    await withPod(context(), pod, async (started) => {
      const first = await started.line("app", /./);
      expect(first.text).toBe("ok hello");
      expect(started.log("init-0").map(({ text }) => text)).toEqual(["hello"]);
      const took = seconds(first.at - started.createdAt);
      table.add("start", "straight, native: creation to the app's first read", took);
      const gone = seconds(await deleted(started, 12));
      expect(started.log("app").filter(({ text }) => text.startsWith("ERR"))).toEqual([]);
      table.add("stop", "straight, native: deletion to gone, app reads on for 2 s", gone);
    });
  });

  it("classic: the hook holds the app back until it can read", async () => {
    const { table } = context();
    const annotations = { "sluice.io/platform": "eklet" };
    const pod = appPod("straight-classic", { script: reader("/data/hello.txt"), claims, annotations });
    await withPod(context(), pod, async (started) => {
      const first = await started.line("app", /./);
      expect(first.text).toBe("ok hello");
      const took = seconds(first.at - started.createdAt);
      table.add("start", "straight, classic: creation to the app's first read", took);
      await deleted(started, 16);
    });
  });

  it("client killed: what the app sees stays dead until the app's container starts again, and the pod can go", async () => {
    const pod = appPod("straight-killed", {
      script: reader("/data/hello.txt"),
      claims,
      annotations: acs,
      spec: { restartPolicy: "Always" },
      grace: 5,
    });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^ok/);
      const processes = await running.processesOf("fluid-fuse-0", "juicefs");
      const killedAt = await running.signal(processes, "KILL");
      await running.line("fluid-fuse-0", /mounted at/, { since: killedAt });
      const { failed } = await readsBetween(running, Date.now() / 1000, Date.now() / 1000 + 2);
      expect(failed.length).toBeGreaterThan(0);
      const appKilledAt = await running.signalContainer("app", "KILL");
      await running.restarted("app", 1);
      expect((await running.line("app", /^(ok|ERR)/, { since: appKilledAt + 0.2 })).text).toBe("ok hello");
      await deleted(running, 8);
    });
  });

  it("app ignores TERM, holds a file and its directory: the pod can go", async () => {
    const { table } = context();
    const script = "trap '' TERM; cd /data/train; exec 3<part-0; echo ok; while :; do sleep 1; done";
    const pod = appPod("straight-ignores", { script, claims, annotations: acs, grace: 4 });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^ok/);
      const took = await deleted(running, 7);
      table.addLimited("stop", "straight, native: app ignores TERM, grace 4 s: deletion to gone", took, 7);
    });
  });

  it("client hangs, grace of 2 s: the pod can go", async () => {
    const { table } = context();
    const script = "trap exit TERM; cat /data/hello.txt; sleep 1000 & wait";
    const pod = appPod("straight-hung", { script, claims, annotations: acs, grace: 2 });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^hello/);
      await running.signal(await running.processesOf("fluid-fuse-0", "juicefs"), "STOP");
      const took = await deleted(running, 5);
      table.addLimited("stop", "straight, native: client hangs, grace 2 s: deletion to gone", took, 5);
    });
  });

  it("native: an app that has ended ends the pod", async () => {
    const pod = appPod("straight-job", { script: "cat /data/hello.txt", claims, annotations: acs });
    expect(await runToEnd(context(), pod)).toEqual(["hello"]);
  });

  it("a client that serves a directory of the node is refused where no hostPath can be", async () => {
    const pod = appPod("straight-host", { script: "true", claims: { books: "/data" }, annotations: acs });
    expect(await refusal(context(), pod)).toContain("has to be on the node already");
  });
}
