import { expect, it } from "vitest";
import { eventually } from "../../e2e/harness/eventually.ts";
import { appPod, reader } from "../harness/app-pod.ts";
import { seconds } from "../harness/case-table.ts";
import { type CaseContext, deleted, withPod } from "./case-context.ts";

/** Clients that do not get to their mount, or not soon. */
export function beginCases(context: () => CaseContext): void {
  it("client needs 10 s to start: the app waits, and its first read succeeds", async () => {
    const { table } = context();
    const pod = appPod("begin-slow", { script: reader("/data/hello.txt"), claims: { slow: "/data" } });
    await withPod(context(), pod, async (waiting) => {
      const mounted = await waiting.line("fluid-fuse-0", /mounted at/);
      const first = await waiting.line("app", /./);
      expect(first.text).toBe("ok hello");
      expect(first.at).toBeGreaterThan(mounted.at);
      table.add(
        "start",
        "client takes 10 s: creation to the app's first read",
        seconds(first.at - waiting.createdAt),
      );
      await deleted(waiting, 5);
    });
  });

  it("client fails for ever: the app never starts, events and log say why, the pod can be deleted", async () => {
    const { table } = context();
    const pod = appPod("begin-broken", {
      script: "ls -la /data; echo started",
      claims: { broken: "/data" },
    });
    await withPod(context(), pod, async (waiting) => {
      await waiting.line("fluid-fuse-0", /the storage cannot be reached/);
      await waiting.line("fluid-fuse-0", /client ended with status 3/);
      await waiting.line("fluid-fuse-0", /next start in/);
      const said = await eventually("the kubelet says that it waits", async () => {
        const text = await waiting.describe();
        return text.includes("subPath") ? text : undefined;
      });
      expect(said).toContain("view-0");
      expect(waiting.log("app")).toEqual([]);
      table.add("stop", "client fails for ever: deletion to gone", seconds(await deleted(waiting, 5)));
    });
  });

  it("deleted before the first mount: gone in 5 s", async () => {
    const { table } = context();
    const pod = appPod("begin-deleted", { script: reader("/data/hello.txt"), claims: { slow: "/data" } });
    await withPod(context(), pod, async (waiting) => {
      await waiting.line("fluid-fuse-0", /client started/);
      table.add("stop", "before the first mount: deletion to gone", seconds(await deleted(waiting, 5)));
      expect(waiting.log("app")).toEqual([]);
    });
  });
}
