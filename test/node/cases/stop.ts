import { expect, it } from "vitest";
import { eventually } from "../../e2e/harness/eventually.ts";
import { appPod, reader } from "../harness/app-pod.ts";
import { seconds } from "../harness/case-table.ts";
import { checksum, checksums } from "../harness/storage.ts";
import { type CaseContext, deleted, runToEnd, withPod } from "./case-context.ts";

const clients = [
  ["scratch", "JuiceFS", "juicefs"],
  ["books", "bindfs", "bindfs"],
] as const;

export function stopCases(context: () => CaseContext): void {
  it.each(clients)("%s (%s): app reads through its 5 s of shutdown", async (claim, client) => {
    const { table } = context();
    const pod = appPod(`stop-reads-${claim}`, {
      script: reader("/data/hello.txt", 5),
      claims: { [claim]: "/data" },
      grace: 20,
    });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^ok/);
      await deleted(running, 23, undefined, async () => {
        const ended = await running.line("app", /^ends/);
        const failed = running.log("app").filter(({ text }) => text.startsWith("ERR"));
        expect(failed).toEqual([]);
        table.addLimited("stop", `${client}: end of the app to gone`, (await running.gone()) - ended.at, 3);
      });
    });
  });

  it.each(clients)("%s (%s): app ignores TERM, holds a file and its directory", async (claim, client) => {
    const { table } = context();
    const pod = appPod(`stop-ignores-${claim}`, {
      script: "trap '' TERM; cd /data/train; exec 3<part-0; echo ok; while :; do sleep 1; done",
      claims: { [claim]: "/data" },
      grace: 4,
    });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^ok/);
      const took = await deleted(running, 7);
      table.add("stop", `${client}: app ignores TERM, grace 4 s: deletion to gone`, seconds(took));
    });
  });

  it.each(clients)("%s (%s): deleted while the client is in back-off", async (claim, client) => {
    const { table } = context();
    const pod = appPod(`stop-back-off-${claim}`, {
      script: reader("/data/hello.txt"),
      claims: { [claim]: "/data" },
      grace: 5,
    });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^ok/);
      await running.signalContainer("fluid-fuse-0", "KILL");
      await running.restarted("fluid-fuse-0", 1);
      await running.line("fluid-fuse-0", /is served/);
      await running.signalContainer("fluid-fuse-0", "KILL");
      await eventually("the client is in back-off", async () =>
        JSON.stringify(await running.status("fluid-fuse-0")).includes("CrashLoopBackOff"),
      );
      const took = await deleted(running, 8);
      table.add("stop", `${client}: client in back-off: deletion to gone`, seconds(took));
    });
  });

  it.each(clients)("%s (%s): client hangs, grace of 2 s", async (claim, client, command) => {
    const { table } = context();
    const pod = appPod(`stop-hung-${claim}`, {
      script: "trap exit TERM; cat /data/hello.txt; sleep 1000 & wait",
      claims: { [claim]: "/data" },
      grace: 2,
    });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^hello/);
      await running.signal(await running.processesOf("fluid-fuse-0", command), "STOP");
      const took = await deleted(running, 5);
      table.add("stop", `${client}: client hangs, grace 2 s: deletion to gone`, seconds(took));
    });
  });

  it("many views with many layers, app uses up its grace of 2 s: the guard takes all of them off in time", async () => {
    const { table } = context();
    const paths = ["train", "models", "models/small", "hello.txt"];
    const pod = appPod("stop-layers", {
      script: "trap '' TERM; exec 3</data-0/part-0; echo ok; while :; do sleep 1; done",
      claims: { scratch: "/data" },
      container: {
        volumeMounts: paths.map((subPath, index) => ({
          name: "scratch",
          mountPath: `/data-${index}`,
          subPath,
        })),
      },
      grace: 2,
    });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^ok/);
      const served = () => running.log("fluid-fuse-0").filter(({ text }) => text.endsWith("is served"));
      const views = served().length;
      expect(views).toBeGreaterThanOrEqual(paths.length);
      for (let times = 2; times <= 5; times++) {
        await running.signal(await running.processesOf("fluid-fuse-0", "juicefs"), "KILL");
        await eventually(
          "all views are served again",
          () => {
            if (served().length === times * views) return true;
            throw new Error(
              running
                .log("fluid-fuse-0")
                .map(({ text }) => text)
                .join("\n"),
            );
          },
          { seconds: 120 },
        );
      }
      const took = await deleted(running, 5);
      table.add(
        "stop",
        "5 layers on each view, app ignores TERM, grace 2 s: deletion to gone",
        seconds(took),
      );
    });
  });

  it("the guard cannot do its work: the pod stays, with all data; an umount on the node lets it go", async () => {
    const { node } = context();
    const pod = appPod("stop-no-guard", {
      script: "trap exit TERM; cat /data/hello.txt; sleep 1000 & wait",
      claims: { books: "/data" },
      grace: 2,
    });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^hello/);
      const views = () => running.mounts().filter((each) => each.includes("/.view-"));
      await running.signal(await running.processesOf("sluice-guard", "busybox"), "STOP");
      try {
        await running.delete();
        await expect(running.gone(8)).rejects.toThrow("is gone");
        expect(checksums(node, "books")).toMatchObject({ "hello.txt": checksum("hello\n") });
        expect(views().length).toBeGreaterThan(0);
      } finally {
        // One umount takes a mount off all the places it was propagated to, so some find it gone.
        for (const point of views()) await node.run(["umount", "-l", point]).catch(() => undefined);
      }
      await running.gone(150);
      expect(running.mounts()).toEqual([]);
    });
  });

  it.each(clients)("%s (%s): what the app wrote is there for the next pod", async (claim, client) => {
    const { table } = context();
    const writing = appPod(`stop-writes-${claim}`, {
      script: `
dd if=/dev/urandom of=/data/written-${claim} bs=1M count=40 2>/dev/null
md5sum </data/written-${claim}`,
      claims: { [claim]: "/data" },
    });
    const begun = Date.now() / 1000;
    const written = await runToEnd(context(), writing);
    table.add(
      "stop",
      `${client}: write 40 MB, close, end: creation to gone`,
      seconds(Date.now() / 1000 - begun),
    );
    const next = appPod(`stop-next-${claim}`, {
      script: `md5sum </data/written-${claim}; rm /data/written-${claim}`,
      claims: { [claim]: "/data" },
    });
    expect(await runToEnd(context(), next)).toEqual(written);
    expect(written).toHaveLength(1);
  });
}
