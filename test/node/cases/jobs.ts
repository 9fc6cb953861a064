import { expect, it } from "vitest";
import { eventually } from "../../e2e/harness/eventually.ts";
import { type Fields, fieldsOf, listAt, textAt } from "../../e2e/harness/fields.ts";
import { appPod } from "../harness/app-pod.ts";
import { seconds } from "../harness/case-table.ts";
import { NodePod } from "../harness/node-pod.ts";
import { type CaseContext, noMountsLeft } from "./case-context.ts";

const jobsPath = "/apis/batch/v1/namespaces/data/jobs";

export function jobCases(context: () => CaseContext): void {
  it.each([
    ["training", "JuiceFS", 0, "Complete"],
    ["books", "bindfs", 0, "Complete"],
    ["training", "JuiceFS", 3, "Failed"],
  ])("Job, %s (%s), whose app ends with %i: %s", async (claim, client, code, outcome) => {
    const { node, table } = context();
    const name = `job-${claim}-${code}`;
    const begunAt = Date.now() / 1000;
    await node.api.createAnew(jobsPath, jobOf(name, claim, code));
    const pod = await eventually("the Job has a pod", async () => {
      const [found] = await node.api.list(`/api/v1/namespaces/data/pods?labelSelector=job-name%3D${name}`);
      return found === undefined ? undefined : new NodePod(node, found, begunAt);
    });
    const read = await pod.line("app", /^hello/);
    const phase = await eventually(
      "the pod has ended",
      async () => /^(Succeeded|Failed)$/.exec(await pod.phase())?.[0],
      { seconds: 120, pauseMs: 50 },
    );
    const endedAt = Date.now() / 1000;
    const condition = await eventually("the Job has ended", async () =>
      listAt(await node.api.get(`${jobsPath}/${name}`), "status", "conditions")
        .map((each) => textAt(each, "type"))
        .find((type) => type === "Complete" || type === "Failed"),
    );
    expect({ phase, condition }).toEqual({ phase: code === 0 ? "Succeeded" : "Failed", condition: outcome });
    expect(await pod.exitCode("app")).toBe(code);
    expect(await pod.exitCode("fluid-fuse-0")).toBe(0);
    expect(await pod.exitCode("sluice-guard")).toBe(0);
    const what = `Job (${client}) whose app ends with ${code}`;
    table.addLimited("jobs", `${what}: end of the app to the end of the pod`, endedAt - read.at, 3);
    table.add("jobs", `${what}: creation to the end of the pod`, seconds(endedAt - begunAt));
    await node.api.send("DELETE", `${jobsPath}/${name}?propagationPolicy=Background`);
    await pod.gone();
    await noMountsLeft(pod);
  });
}

function jobOf(name: string, claim: string, code: number): Fields {
  const { metadata, spec } = appPod(name, {
    script: `cat /data/hello.txt; exit ${code}`,
    claims: { [claim]: "/data" },
  });
  const { name: _, ...rest } = fieldsOf(metadata);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: "data" },
    spec: { backoffLimit: 0, template: { metadata: rest, spec } },
  };
}
