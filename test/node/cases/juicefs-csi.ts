import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../e2e/harness/eventually.ts";
import type { Running } from "../../e2e/harness/processes.ts";
import { appPod, reader } from "../harness/app-pod.ts";
import { seconds } from "../harness/case-table.ts";
import { addCsiVolume, startControllers } from "../harness/csi-volumes.ts";
import { nodeAddress } from "../harness/node-config.ts";
import { type CaseContext, deleted, noMountsLeft, runToEnd, withPod } from "./case-context.ts";

const redis = (port: number, database: number) => `redis://${nodeAddress}:${port}/${database}`;
const client = "jfs-mount";

/** Volumes of the JuiceFS CSI driver: what Sluice makes of the golden case's, with the real client. */
export function juicefsCsiCases(context: () => CaseContext): void {
  let controllers: Running | undefined;

  beforeAll(async () => {
    const { node, sluice } = context();
    controllers = await startControllers(node, sluice);
    await addCsiVolume(node, "csi", { meta: redis(6379, 5), data: redis(6379, 6) });
    await addCsiVolume(node, "csi-wrong", { meta: redis(6399, 5), data: redis(6379, 6) });
  });
  afterAll(() => controllers?.stop("SIGTERM"));

  it("is formatted, mounted and stopped; what one pod writes the next one reads; its quota is set", async () => {
    const { node, table } = context();
    const writing = appPod("csi-writes", {
      script: "dd if=/dev/urandom of=/data/written bs=1M count=20 2>/dev/null; md5sum </data/written",
      claims: { csi: "/data" },
    });
    const written = await runToEnd(context(), writing);
    expect(written).toEqual([expect.stringMatching(/^[0-9a-f]{32} {2}-$/)]);
    const reading = appPod("csi-reads", {
      script: `md5sum </data/written; ${reader("/data/written >/dev/null; echo read")}`,
      claims: { csi: "/data" },
    });
    await withPod(context(), reading, async (running) => {
      const first = await running.line("app", /./);
      expect(first.text).toBe(written[0]);
      table.add(
        "csi",
        "JuiceFS CSI: creation to the app's first read",
        seconds(first.at - running.createdAt),
      );
      await running.line("app", /^ok read/);
      const quota = ["quota", "get", redis(6379, 5), "--path", "/pvc-csi"];
      await eventually("the quota is set", async () => {
        const said = await node.run([join(node.programs, "juicefs"), ...quota]);
        if (/\/pvc-csi\s*\|\s*10 GiB/.test(said)) return true;
        throw new Error(said);
      });
      table.addLimited("csi", "JuiceFS CSI: deletion to gone", await deleted(running, 5), 5);
      await noMountsLeft(running);
    });
  });

  it("a wrong metadata address: the client says so, and the app never starts on an empty directory", async () => {
    const pod = appPod("csi-wrong", {
      script: "ls -la /data; echo started",
      claims: { "csi-wrong": "/data" },
    });
    await withPod(context(), pod, async (waiting) => {
      // JuiceFS tries for 40 s before it says anything, and gives up after 60 s.
      await waiting.line(client, /6399: connect: connection refused/, { within: 300 });
      await waiting.line(client, /juicefs format ended with status 1, so the volume is not mounted/, {
        within: 300,
      });
      expect(waiting.log("app")).toEqual([]);
      await deleted(waiting, 5);
    });
  });
}
