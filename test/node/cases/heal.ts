import { expect, it } from "vitest";
import { appPod, reader } from "../harness/app-pod.ts";
import { seconds } from "../harness/case-table.ts";
import { readsBetween } from "../harness/reads.ts";
import { type CaseContext, deleted, withPod } from "./case-context.ts";

const soon = (after = 0.5) => Date.now() / 1000 + after;

export function healCases(context: () => CaseContext): void {
  it.each([
    ["training", "JuiceFS", "juicefs"],
    ["books", "bindfs", "bindfs"],
  ])("client's processes killed, %s (%s): the app reads again", async (claim, client, command) => {
    const { table } = context();
    const pod = appPod(`heal-client-${claim}`, {
      script: reader("/data/hello.txt"),
      claims: { [claim]: "/data" },
    });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^ok/);
      const killedAt = await running.signal(await running.processesOf("fluid-fuse-0", command), "KILL");
      const { longestGap } = await readsBetween(running, killedAt, killedAt + 5);
      table.addLimited("heal", `${client}: its processes killed, until the app reads again`, longestGap, 1);
      expect(await running.restarts("app")).toBe(0);
      expect(await running.restarts("fluid-fuse-0")).toBe(0);
      await deleted(running, 5);
    });
  });

  it("JuiceFS's serving process killed: not one failed read", async () => {
    const { table } = context();
    const pod = appPod("heal-serving", { script: reader("/data/hello.txt"), claims: { training: "/data" } });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^ok/);
      const processes = await running.processesOf("fluid-fuse-0", "juicefs");
      const serving = processes.filter(({ parent }) => processes.some(({ id }) => id === parent));
      expect(serving).toHaveLength(1);
      const killedAt = await running.signal(serving, "KILL");
      const { failed, longestGap } = await readsBetween(running, killedAt, killedAt + 4);
      table.add("heal", "JuiceFS: its serving process killed, longest read", seconds(longestGap));
      expect(failed).toEqual([]);
      expect(await running.restarts("fluid-fuse-0")).toBe(0);
      await deleted(running, 5);
    });
  });

  it("client's container killed three times, app's in between: read each time, read-only stays, open directories die", async () => {
    const { table } = context();
    const pod = appPod("heal-container", {
      script: `
echo x >/only/x || echo refused
cd /data/train
${reader("/data/hello.txt /only/hello.txt /part/weights").replace("sleep 0.05", 'sleep 0.05; ls . >/dev/null 2>&1 || echo "working directory is dead"')}`,
      claims: { scratch: "/data" },
      container: {
        volumeMounts: [
          { name: "scratch", mountPath: "/data" },
          { name: "scratch", mountPath: "/only", readOnly: true },
          { name: "scratch", mountPath: "/part", subPath: "models/small" },
        ],
      },
      spec: { restartPolicy: "Always" },
    });
    await withPod(context(), pod, async (running) => {
      expect((await running.line("app", /^(ok|ERR)/)).text).toBe("ok hello hello weights");
      for (const times of [1, 2, 3]) {
        const killedAt = await running.signalContainer("fluid-fuse-0", "KILL");
        await running.restarted("fluid-fuse-0", times);
        const started = await running.line("fluid-fuse-0", /client started/, { since: killedAt });
        const good = await running.line("app", /^ok hello hello weights/, { since: started.at });
        const what = `JuiceFS: container killed (${times}), until the app reads again`;
        table.add("heal", what, seconds(good.at - killedAt));
        table.addLimited("heal", `${what}, after its restart`, good.at - started.at, 1);
        expect(await running.restarts("app")).toBe(times > 2 ? 1 : 0);
        if (times !== 2) continue;
        await running.line("app", /working directory is dead/);
        const appKilledAt = await running.signalContainer("app", "KILL");
        await running.restarted("app", 1);
        const again = await running.line("app", /^(ok|ERR)/, { since: appKilledAt + 0.2 });
        expect(again.text).toBe("ok hello hello weights");
      }
      expect(running.log("app").filter(({ text }) => text === "refused")).toHaveLength(2);
      await deleted(running, 13);
    });
  });

  it.each(["training", "books"])(
    "TERM to the client's container alone (%s): the app reads again",
    async (claim) => {
      const { table } = context();
      const pod = appPod(`heal-term-${claim}`, {
        script: reader("/data/hello.txt"),
        claims: { [claim]: "/data" },
      });
      await withPod(context(), pod, async (running) => {
        await running.line("app", /^ok/);
        const sentAt = await running.signalContainer("fluid-fuse-0", "TERM");
        await running.restarted("fluid-fuse-0", 1);
        await running.line("app", /^ok/, { since: soon(0) });
        const { longestGap } = await readsBetween(running, sentAt, soon());
        table.addLimited(
          "heal",
          `${claim}: TERM to the client's container, until the app reads again`,
          longestGap,
          2,
        );
        await deleted(running, 5);
      });
    },
  );

  it("template with a failing livenessProbe: nobody restarts the client", async () => {
    const pod = appPod("heal-probed", { script: reader("/data/hello.txt"), claims: { probed: "/data" } });
    await withPod(context(), pod, async (running) => {
      const first = await running.line("app", /^ok/);
      const { failed } = await readsBetween(running, first.at, first.at + 6);
      expect(failed).toEqual([]);
      expect(await running.restarts("fluid-fuse-0")).toBe(0);
      await deleted(running, 5);
    });
  });
}
