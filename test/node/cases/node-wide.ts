import { expect, it, onTestFinished } from "vitest";
import { allowed } from "../../e2e/harness/allowed.ts";
import { eventually } from "../../e2e/harness/eventually.ts";
import { appPod, reader } from "../harness/app-pod.ts";
import { seconds } from "../harness/case-table.ts";
import { NodePod } from "../harness/node-pod.ts";
import { readsBetween } from "../harness/reads.ts";
import { sluiceAnswers } from "../harness/sluice-on-node.ts";
import { type CaseContext, deleted, withPod } from "./case-context.ts";

/** What befalls all pods of the node: one at a time, and nothing beside it. */
export function nodeWideCases(context: () => CaseContext): void {
  it.each(["kubelet", "containerd"] as const)(
    "%s restarted: reads go on, deletion is clean",
    async (program) => {
      const { node } = context();
      const podOn = (claim: string) =>
        appPod(`wide-${program}-${claim}`, {
          script: reader("/data/hello.txt", 2),
          claims: { [claim]: "/data" },
        });
      await withPod(context(), podOn("training"), (first) =>
        withPod(context(), podOn("books"), async (second) => {
          for (const pod of [first, second]) await pod.line("app", /^ok/);
          const since = Date.now() / 1000;
          if (program === "kubelet") {
            await node.stopKubelet();
            await readsBetween(first, since, since + 3).finally(() => node.startKubelet());
          } else await node.restartContainerd();
          await node.ready();
          await sluiceAnswers(node);
          for (const pod of [first, second]) {
            const { failed, longestGap } = await readsBetween(pod, since, Date.now() / 1000 + 3);
            expect(failed).toEqual([]);
            expect(longestGap).toBeLessThan(allowed(3));
            expect(await pod.restarts("app")).toBe(0);
            expect(await pod.restarts("fluid-fuse-0")).toBe(0);
          }
          await Promise.all([deleted(first, 13), deleted(second, 13)]);
          for (const pod of [first, second])
            expect(pod.log("app").filter(({ text }) => text.startsWith("ERR"))).toEqual([]);
        }),
      );
    },
  );

  it("kubelet restarted while a slow client starts: the app never sees an empty directory", async () => {
    const { node, table } = context();
    const pod = appPod("wide-slow", { script: reader("/data/hello.txt"), claims: { slow: "/data" } });
    await withPod(context(), pod, async (waiting) => {
      await waiting.line("fluid-fuse-0", /client started/);
      await node.stopKubelet();
      node.startKubelet();
      await sluiceAnswers(node);
      const first = await waiting.line("app", /./, { within: 180 });
      expect(first.text).toBe("ok hello");
      const what = "kubelet restarted while a client takes 10 s: creation to the app's first read";
      table.add("start", what, seconds(first.at - waiting.createdAt));
      await deleted(waiting, 13);
    });
  });

  it("20 pods of one dataset at once: all read, all go, no mounts left, no restarts", async () => {
    const { node, table } = context();
    const begunAt = Date.now() / 1000;
    const pods = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        NodePod.create(
          node,
          appPod(`wide-many-${index}`, {
            script: "cat /data/hello.txt; md5sum </data/train/part-1; sleep 1000 & trap exit TERM; wait",
            claims: { training: "/data" },
            annotations: {
              "sluice.io/client-cpu-request": "10m",
              "sluice.io/client-memory-request": "64Mi",
            },
          }),
        ),
      ),
    );
    onTestFinished(async () => {
      await Promise.all(pods.map((pod) => pod.delete()));
    });
    const firsts = await Promise.all(pods.map((pod) => pod.line("app", /./, { within: 300 })));
    expect(firsts.map(({ text }) => text)).toEqual(pods.map(() => "hello"));
    const last = Math.max(...firsts.map(({ at }) => at));
    table.add("node", "20 pods at once: creation to the last one's first read", seconds(last - begunAt));
    for (const pod of pods)
      for (const container of ["app", "fluid-fuse-0", "sluice-guard"])
        expect(await pod.restarts(container)).toBe(0);
    const askedAt = Date.now() / 1000;
    await Promise.all(pods.map((pod) => pod.delete()));
    await Promise.all(pods.map((pod) => pod.gone(180)));
    table.add("node", "20 pods at once: deletion to the last one gone", seconds(Date.now() / 1000 - askedAt));
    await eventually("no mount is left", () => pods.flatMap((pod) => pod.mounts()).length === 0);
  });
}
