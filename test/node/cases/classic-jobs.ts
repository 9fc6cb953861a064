import { expect, it } from "vitest";
import { eventually } from "../../e2e/harness/eventually.ts";
import { appPod } from "../harness/app-pod.ts";
import { seconds } from "../harness/case-table.ts";
import type { NodePod } from "../harness/node-pod.ts";
import { type CaseContext, withPod } from "./case-context.ts";

const end = "sluice.io/end";

/** Classic clients go on when the app has ended, until the annotation that the controllers write names them. */
export function classicJobCases(context: () => CaseContext): void {
  it.each([
    ["training", "JuiceFS"],
    ["books", "bindfs"],
  ])("a finished pod with a classic client, %s (%s), ends by an annotation", async (claim, client) => {
    const { node, table } = context();
    const pod = appPod(`classic-${claim}`, {
      script: "cat /data/hello.txt",
      claims: { [claim]: "/data" },
      annotations: { "sluice.io/sidecar": "classic" },
    });
    const name = (names: string, of: NodePod) =>
      node.api.patch(`/api/v1/namespaces/data/pods/${of.name}`, {
        metadata: { annotations: { [end]: names } },
      });
    const endOf = (container: string, of: NodePod) =>
      eventually(`${container} has ended`, () => exited(container, of), { seconds: 180, pauseMs: 50 });
    await withPod(context(), pod, async (running) => {
      await running.line("app", /^hello/);
      await endOf("app", running);
      const begun = performance.now();
      await name("fluid-fuse-0", running);
      await endOf("fluid-fuse-0", running);
      const clientMs = performance.now() - begun;
      expect(await running.exitCode("fluid-fuse-0")).toBe(0);
      await name("fluid-fuse-0 sluice-guard", running);
      await eventually("the pod has succeeded", async () => (await running.phase()) === "Succeeded", {
        seconds: 180,
        pauseMs: 50,
      });
      expect(await running.exitCode("sluice-guard")).toBe(0);
      const what = `classic Job (${client})`;
      table.add("jobs", `${what}: the client's name in the annotation to its end`, seconds(clientMs / 1000));
      table.add("jobs", `${what}: until the pod has succeeded`, seconds((performance.now() - begun) / 1000));
      await running.delete();
      // A pod that has ended is forgotten by the API server before its kubelet has tidied up.
      await eventually("no mount is left", () => running.mounts().length === 0);
    });
  });
}

async function exited(container: string, of: NodePod): Promise<boolean> {
  const { state } = await of.status(container);
  return typeof state === "object" && state !== null && "terminated" in state;
}
