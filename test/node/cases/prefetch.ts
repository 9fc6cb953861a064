import { expect, it } from "vitest";
import { eventually } from "../../e2e/harness/eventually.ts";
import { fieldsOf, listAt, textAt } from "../../e2e/harness/fields.ts";
import { appPod } from "../harness/app-pod.ts";
import type { NodePod } from "../harness/node-pod.ts";
import { type CaseContext, withPod } from "./case-context.ts";

const prefetcher = "fluid-file-prefetcher";
const annotations = {
  "file-prefetcher.fluid.io/inject": "true",
  "file-prefetcher.fluid.io/file-list": "pvc://training/train/*;pvc://training/models",
};

export function prefetchCases(context: () => CaseContext): void {
  it.each([
    ["native", "auto", 0],
    ["classic", "classic", 13],
  ])(
    "%s: the app starts when its files are read ahead, and the result can be seen",
    async (kind, sidecar, ends) => {
      const pod = appPod(`ahead-${kind}`, {
        script: "cat /data/hello.txt",
        claims: { training: "/data" },
        annotations: { ...annotations, "sluice.io/sidecar": sidecar },
      });
      await withPod(context(), pod, async (started) => {
        await started.line("app", /^hello/);
        const said = started.log(prefetcher).map(({ text }) => text);
        expect(said.at(-1)).toMatch(/^sluice: prefetch: success: 3 files read, 0 failed, \d+ s$/);
        const [read] = started.log(prefetcher);
        const [first] = started.log("app");
        expect(first?.at).toBeGreaterThan(read?.at ?? Number.POSITIVE_INFINITY);
        if (ends > 0) return;
        expect(await ended(started)).toBe("Succeeded");
        expect(await messageOf(context(), started)).toMatch(/^prefetch_result=success: 3 files read/);
      });
    },
  );

  it("beside the app: the app sees when it is done, and ends the pod", async () => {
    const status = "/tmp/fluid-file-prefetcher/status/prefetcher.status";
    const pod = appPod("ahead-beside", {
      script: `until [ -e ${status} ]; do sleep 0.1; done; cat ${status}`,
      claims: { training: "/data" },
      annotations: { ...annotations, "file-prefetcher.fluid.io/async-prefetch": "true" },
    });
    await withPod(context(), pod, async (started) => {
      await started.line("app", /^prefetch_result=success$/);
      await started.line("app", /^files=3$/);
      expect(await ended(started)).toBe("Succeeded");
      expect(await started.exitCode(prefetcher)).toBe(0);
    });
  });

  it("a container that asks for a look at its mounts starts on its dataset", async () => {
    const made = appPod("looks", {
      script: "cat /data/hello.txt; sleep 3",
      claims: { training: "/data" },
    });
    const metadata = { ...fieldsOf(made["metadata"]), labels: { "app.poststart.fluid.io/inject": "true" } };
    await withPod(context(), { ...made, metadata }, async (started) => {
      await started.line("app", /^hello/);
      expect(await ended(started)).toBe("Succeeded");
      expect(await started.exitCode("app")).toBe(0);
    });
  });
}

function ended(pod: NodePod): Promise<string> {
  return eventually("the pod has ended", async () => /^(Succeeded|Failed)$/.exec(await pod.phase())?.[0], {
    seconds: 120,
    pauseMs: 100,
  });
}

async function messageOf({ node }: CaseContext, { name }: NodePod): Promise<string> {
  const pod = await node.api.get(`/api/v1/namespaces/data/pods/${name}`);
  const status = listAt(pod, "status", "initContainerStatuses").find((one) => one["name"] === prefetcher);
  return textAt(status, "state", "terminated", "message");
}
