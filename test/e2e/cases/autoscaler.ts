import { beforeAll, expect, it } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { at, type Fields, listAt, textAt } from "../harness/fields.ts";
import { PodMetrics } from "../harness/pod-metrics.ts";
import { clientsOf, podSpecOf } from "../harness/pods.ts";
import type { TestCluster } from "../harness/test-cluster.ts";

const demoPods = "/api/v1/namespaces/demo/pods";
const deployments = "/apis/apps/v1/namespaces/demo/deployments";
const autoscalers = "/apis/autoscaling/v2/namespaces/demo/horizontalpodautoscalers";
const guard = "sluice-guard";

export function autoscalerCases(cluster: () => TestCluster): void {
  let metrics: PodMetrics;
  beforeAll(async () => {
    metrics = await PodMetrics.start(cluster());
  });

  it("computes the utilization of all containers, the client's among them, and scales", {
    timeout: 120_000,
  }, async () => {
    await cluster().api.createAnew(deployments, deployment("scaled", { cpu: "100m" }));
    await cluster().api.createAnew(autoscalers, autoscaler("scaled"));
    const pods = await podsOf(cluster(), "scaled", 2);
    for (const pod of pods) expect(clientsOf(pod)).toEqual(["fluid-fuse-0"]);
    const requested = sum(containersOf(pods[0] ?? {}).map((container) => milli(requestOf(container))));
    // More than the app alone asks for, so that a client that was left out would be seen.
    expect(requested).toBeGreaterThan(100);

    const usage = { app: "90m", "fluid-fuse-0": "150m", [guard]: "1m" };
    metrics.tell(pods.map((pod) => ({ namespace: "demo", name: nameOf(pod), containers: usage })));
    for (const pod of pods) await tellRunning(cluster(), pod);

    const found = await eventually(
      "the autoscaler has computed",
      async () => {
        const one = await cluster().api.get(`${autoscalers}/scaled`);
        return listAt(one, "status", "currentMetrics").length === 2 ? one : undefined;
      },
      { seconds: 120 },
    );
    expect(conditionOf(found, "ScalingActive")).toMatchObject({ status: "True", reason: "ValidMetricFound" });
    const [whole, app] = listAt(found, "status", "currentMetrics");
    expect(at(whole, "resource", "current", "averageUtilization")).toBe(Math.floor((241 * 100) / requested));
    expect(at(app, "containerResource", "current", "averageUtilization")).toBe(90);
    // 90 of 30 % for the app: three times as many, but for the limit.
    expect(at(found, "status", "desiredReplicas")).toBe(4);
    for (const pod of await podsOf(cluster(), "scaled", 4)) expect(clientsOf(pod)).toEqual(["fluid-fuse-0"]);
  });

  it("fails for a container of the user's own without a request, so the case above would show one of ours", {
    timeout: 120_000,
  }, async () => {
    await cluster().api.createAnew(deployments, deployment("bare", {}));
    await cluster().api.createAnew(autoscalers, autoscaler("bare"));
    const pods = await podsOf(cluster(), "bare", 2);
    const usage = { app: "90m", "fluid-fuse-0": "150m", [guard]: "1m" };
    metrics.tell(pods.map((pod) => ({ namespace: "demo", name: nameOf(pod), containers: usage })));
    for (const pod of pods) await tellRunning(cluster(), pod);
    const told = await eventually(
      "the autoscaler complains",
      async () => {
        const condition = conditionOf(await cluster().api.get(`${autoscalers}/bare`), "ScalingActive");
        const message = textAt(condition, "message");
        return message.includes("missing request") ? message : undefined;
      },
      { seconds: 120 },
    );
    expect(told).toContain("missing request for cpu in container app");
  });
}

async function podsOf({ api }: TestCluster, app: string, count: number): Promise<readonly Fields[]> {
  return eventually(
    `${count} pods of ${app}`,
    async () => {
      const found = await api.list(`${demoPods}?labelSelector=app%3D${app}`);
      return found.length === count ? found : undefined;
    },
    { seconds: 120 },
  );
}

/** As a kubelet does: the pod runs and has been ready for a while, so that its figures count. */
async function tellRunning({ api }: TestCluster, pod: Fields): Promise<void> {
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const condition = (type: string) => ({ type, status: "True", lastTransitionTime: since });
  await api.patch(`${demoPods}/${nameOf(pod)}/status`, {
    status: {
      phase: "Running",
      startTime: since,
      conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map(condition),
    },
  });
}

/** Those that run as long as the pod does. */
function containersOf(pod: Fields): readonly Fields[] {
  const sidecars = listAt(pod, "spec", "initContainers").filter((one) => one["restartPolicy"] === "Always");
  return [...sidecars, ...listAt(pod, "spec", "containers")];
}

function requestOf(container: Fields): string {
  return textAt(container, "resources", "requests", "cpu");
}

function milli(quantity: string): number {
  expect(quantity).toMatch(/^\d+m?$/);
  return quantity.endsWith("m") ? Number.parseInt(quantity, 10) : Number(quantity) * 1000;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function nameOf(pod: Fields): string {
  return textAt(pod, "metadata", "name");
}

function conditionOf(object: Fields, type: string): Fields | undefined {
  return listAt(object, "status", "conditions").find((condition) => condition["type"] === type);
}

function deployment(name: string, requests: Fields): Fields {
  const labels = { app: name };
  const spec = podSpecOf(["imagenet"]);
  const containers = listAt(spec, "containers").map((container) => ({
    ...container,
    resources: { requests },
  }));
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "demo" },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { ...spec, containers } },
    },
  };
}

/** By the usage of whole pods, and by that of their app alone. */
function autoscaler(name: string): Fields {
  const target = (averageUtilization: number) => ({ type: "Utilization", averageUtilization });
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace: "demo" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [
        { type: "Resource", resource: { name: "cpu", target: target(100) } },
        {
          type: "ContainerResource",
          containerResource: { name: "cpu", container: "app", target: target(30) },
        },
      ],
    },
  };
}
