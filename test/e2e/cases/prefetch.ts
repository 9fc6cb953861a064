import { expect, it } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { at, type Fields, listAt, textAt } from "../harness/fields.ts";
import { clientsOf, podSpecOf } from "../harness/pods.ts";
import type { TestCluster } from "../harness/test-cluster.ts";

const pods = "/api/v1/namespaces/demo/pods";
const jobs = "/apis/batch/v1/namespaces/demo/jobs";
const prefetcher = "fluid-file-prefetcher";

export function prefetchCases(cluster: () => TestCluster): void {
  it.each([
    ["the app waits for it", "false", ["sluice-guard", "fluid-fuse-0", prefetcher]],
    ["beside the app", "true", ["sluice-guard", "fluid-fuse-0", prefetcher]],
  ])("a Job is complete once its app has ended, %s (W15)", async (_, async, order) => {
    const name = `read-${async}`;
    await cluster().api.createAnew(jobs, jobOf(name, async));
    const pod = await scheduledPod(cluster(), name);
    const init = listAt(pod, "spec", "initContainers");
    expect(init.map((container) => container["name"])).toEqual(order);
    expect(listAt(pod, "spec", "containers").map((container) => container["name"])).toEqual(["app"]);
    expect(clientsOf(pod)).toEqual(["fluid-fuse-0"]);
    const reader = init.find((container) => container["name"] === prefetcher);
    expect(reader?.["restartPolicy"]).toBe(async === "true" ? "Always" : undefined);
    expect(textAt(reader, "command", 3)).toBe("sluice-prefetcher");
    expect(textAt(pod, "metadata", "annotations", "file-prefetcher.fluid.io/inject-done")).toBe("true");

    await cluster().api.patch(`${pods}/${textAt(pod, "metadata", "name")}/status`, { status: ended(pod) });
    const conditions = await eventually("the Job is complete", async () => {
      const job = await cluster().api.get(`${jobs}/${name}`);
      const found = listAt(job, "status", "conditions");
      return found.some(({ type, status }) => type === "Complete" && status === "True") ? found : undefined;
    });
    expect(conditions.some(({ type }) => type === "Failed")).toBe(false);
    // What the kubelet puts there is what kubectl describe shows.
    const after = await cluster().api.get(`${pods}/${textAt(pod, "metadata", "name")}`);
    const status = listAt(after, "status", "initContainerStatuses").find((one) => one["name"] === prefetcher);
    expect(textAt(status, "state", "terminated", "message")).toContain("prefetch_result=success");
  });

  it("a pod in csi mode reads ahead what the driver mounts", async () => {
    const spec = podSpecOf(["imagenet"]);
    const made = await cluster().api.createAnew(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "serverful",
        labels: { "fuse.serverful.fluid.io/inject": "true" },
        annotations: {
          "file-prefetcher.fluid.io/inject": "true",
          "file-prefetcher.fluid.io/image": "busybox:1.37",
        },
      },
      spec,
    });
    const [reader, ...others] = listAt(made, "spec", "initContainers");
    expect(others).toEqual([]);
    expect(reader).toMatchObject({ name: prefetcher, image: "busybox:1.37" });
    expect(textAt(made, "spec", "volumes", 0, "persistentVolumeClaim", "claimName")).toBe("imagenet");
  });

  it("a value that cannot be used is told to whoever creates the pod", async () => {
    const { status, body } = await cluster().api.send("POST", pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "odd",
        annotations: {
          "file-prefetcher.fluid.io/inject": "true",
          "file-prefetcher.fluid.io/prefetch-timeout-seconds": "soon",
        },
      },
      spec: podSpecOf(["imagenet"]),
    });
    expect(status).toBe(403);
    expect(textAt(body, "message")).toContain(
      'file-prefetcher.fluid.io/prefetch-timeout-seconds="soon" (use a number of seconds above zero)',
    );
  });
}

function jobOf(name: string, async: string): Fields {
  const annotations = {
    "file-prefetcher.fluid.io/inject": "true",
    "file-prefetcher.fluid.io/async-prefetch": async,
    "file-prefetcher.fluid.io/file-list": "pvc://imagenet/train/**",
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: {
      template: {
        metadata: { labels: { "serverless.fluid.io/inject": "true" }, annotations },
        spec: { ...podSpecOf(["imagenet"]), restartPolicy: "Never" },
      },
    },
  };
}

function scheduledPod(cluster: TestCluster, job: string): Promise<Fields> {
  return eventually("the Job's pod has a node", async () => {
    const [pod] = await cluster.api.list(`${pods}?labelSelector=job-name%3D${job}`);
    return textAt(pod, "spec", "nodeName") === "" ? undefined : pod;
  });
}

/** What the kubelet tells of a pod whose app has ended well: it ends native sidecars and counts the app only. */
function ended(pod: Fields): Fields {
  const at0 = "2026-01-01T00:00:00Z";
  const statusOf = (container: Fields) => ({
    name: container["name"],
    image: container["image"],
    imageID: "",
    ready: false,
    restartCount: 0,
    state: {
      terminated: {
        exitCode: 0,
        reason: "Completed",
        startedAt: at0,
        finishedAt: at0,
        ...(container["name"] === prefetcher
          ? { message: "prefetch_result=success: 3 files read, 0 failed, 1 s\n" }
          : {}),
      },
    },
  });
  return {
    phase: "Succeeded",
    conditions: [{ type: "Ready", status: "False", reason: "PodCompleted" }],
    initContainerStatuses: listAt(pod, "spec", "initContainers").map(statusOf),
    containerStatuses: listAt(pod, "spec", "containers").map(statusOf),
    startTime: at(pod, "metadata", "creationTimestamp"),
  };
}
