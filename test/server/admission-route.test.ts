import fjp from "fast-json-patch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Decision } from "../../src/admission/decision.ts";
import type { Cluster } from "../../src/cluster/cluster-view.ts";
import type { ObjectRef } from "../../src/types/object-ref.ts";
import { clusterOf } from "../support/cluster-of.ts";
import { fluidDataset, objectsOf } from "../support/fluid-dataset.ts";
import { reviewOf } from "../support/review-builder.ts";
import { startTestServer, type TestServer } from "../support/start-server.ts";

const cluster = clusterOf(objectsOf(fluidDataset("data")));

function podWith(spec: object = {}, labels: object = { "sluice.io/inject": "true" }) {
  return {
    metadata: { name: "p", labels },
    spec: {
      containers: [{ name: "app", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
      ...spec,
    },
  };
}

function responseOf(body: unknown): Record<string, unknown> {
  expect(body).toMatchObject({ kind: "AdmissionReview", response: { uid: expect.any(String) } });
  return Reflect.get(Object(body), "response");
}

describe("reviews over HTTPS", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ cluster });
  });
  afterAll(() => server.stop());

  it.each([
    ["/mutate", "admission.k8s.io/v1"],
    ["/mutate", "admission.k8s.io/v1beta1"],
    ["/mutate-fluid-io-v1alpha1-schedulepod?timeout=10s", "admission.k8s.io/v1"],
  ])("POST %s %s: a patch that applies", async (path, apiVersion) => {
    const pod = podWith();
    const answer = await server.post(reviewOf(pod, { apiVersion, uid: "u-1" }), path);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ apiVersion });
    const response = responseOf(answer.body);
    expect(response).toMatchObject({
      uid: "u-1",
      allowed: true,
      patchType: "JSONPatch",
      auditAnnotations: { verdict: "injected", volumes: "data=injected" },
    });
    const patch = JSON.parse(Buffer.from(String(response["patch"]), "base64").toString());
    const { newDocument } = fjp.applyPatch(structuredClone<object>(pod), patch, true);
    expect(JSON.stringify(newDocument)).toContain("fluid-fuse-0");
  });

  it.each([
    { name: "UPDATE", parts: { operation: "UPDATE" } },
    { name: "DELETE", parts: { operation: "DELETE" } },
    { name: "CONNECT", parts: { operation: "CONNECT" } },
    { name: "a subresource", parts: { subResource: "ephemeralcontainers" } },
    {
      name: "another kind",
      parts: {
        kind: { group: "apps", version: "v1", kind: "Deployment" },
        resource: { group: "apps", version: "v1", resource: "deployments" },
      },
    },
  ])("$name is allowed unchanged, whatever the object", async ({ parts }) => {
    for (const object of [podWith(), { spec: { containers: {} } }, null]) {
      const response = responseOf((await server.post(reviewOf(object, parts))).body);
      expect(response).toEqual({
        uid: expect.any(String),
        allowed: true,
        auditAnnotations: { verdict: "unchanged", reasons: "not-a-pod-creation" },
      });
    }
  });

  it.each([
    { name: "no spec", object: { metadata: {} }, problem: "spec must be an object, and is missing" },
    { name: "no object", object: null, problem: "the pod must be an object, not null" },
    {
      name: "containers as an object",
      object: podWith({ containers: {} }),
      problem: "spec.containers must be a list, not an object",
    },
    {
      name: "a label that is a number",
      object: podWith({}, { a: 1 }),
      problem: 'metadata.labels["a"] must be a string, not a number',
    },
  ])("$name: refused with the path", async ({ object, problem }) => {
    const response = responseOf((await server.post(reviewOf(object))).body);
    expect(response).toMatchObject({
      allowed: false,
      status: { code: 400, reason: "BadRequest", message: expect.stringContaining(problem) },
      auditAnnotations: { verdict: "rejected", reasons: "invalid-pod" },
    });
  });

  it.each([
    [5_000, 409],
    [10_000, 403],
  ])("%d volumes are answered within the budget: %d", async (volumes, code) => {
    const claims = Array.from({ length: volumes }, (_, i) => ({
      name: `v${i}`,
      persistentVolumeClaim: { claimName: i === 0 ? "data" : `missing-${i}` },
    }));
    const volumeMounts = claims.map(({ name }) => ({ name, mountPath: `/mnt/${name}` }));
    const pod = podWith({ volumes: claims, containers: [{ name: "app", volumeMounts }] });
    const answer = await server.post(reviewOf(pod));
    expect(answer.status).toBe(200);
    const response = responseOf(answer.body);
    expect(response).toMatchObject({ allowed: false, status: { code } });
    expect(answer.text.length).toBeLessThan(10_000);
    expect(answer.ms).toBeLessThan(20_000);
  });

  it("logs a line for an injected pod and none above debug for one left as it is", async () => {
    await server.post(reviewOf(podWith(), { uid: "logged", dryRun: true }));
    await server.post(reviewOf({ ...podWith({}, {}), metadata: { generateName: "job-" } }, { uid: "quiet" }));
    expect(server.log.find(({ uid }) => uid === "logged")).toMatchObject({
      level: "info",
      namespace: "default",
      pod: "p",
      verdict: "injected",
      mode: "sidecar",
      codes: expect.stringContaining("injected"),
      dryRun: true,
      ms: expect.any(Number),
    });
    expect(server.log.find(({ uid }) => uid === "quiet")).toMatchObject({
      level: "debug",
      pod: "job-*",
      verdict: "unchanged",
      codes: "not-opted-in",
    });
  });

  it("counts each review once", async () => {
    const counted = async () => {
      const page = await (await fetch(`${server.opsUrl}/metrics`)).text();
      return Number(
        /sluice_reviews_total\{verdict="injected",mode="sidecar",code="injected"\} (\d+)/.exec(page)?.[1],
      );
    };
    const before = await counted();
    await server.post(reviewOf(podWith()));
    expect(await counted()).toBe(before + 1);
  });
});

describe("an error in our own code", () => {
  let server: TestServer;
  beforeAll(async () => {
    const decide = () => {
      throw new Error("a planted bug");
    };
    server = await startTestServer({ cluster, decide });
  });
  afterAll(() => server.stop());

  it.each([
    { name: "refuses a pod that may need a dataset", pod: podWith(), allowed: false },
    { name: "lets a pod without claims go", pod: podWith({ volumes: [] }), allowed: true },
    { name: "lets a pod go that does not opt in", pod: podWith({}, {}), allowed: true },
  ])("$name, with its uid, and the server goes on", async ({ pod, allowed }) => {
    const answer = await server.post(reviewOf(pod, { uid: "mine" }));
    expect(answer.status).toBe(200);
    const response = responseOf(answer.body);
    expect(response).toMatchObject({ uid: "mine", allowed });
    expect(response["patch"]).toBeUndefined();
    if (!allowed) {
      expect(response["status"]).toMatchObject({
        code: 500,
        message: expect.stringContaining("pod default/p"),
      });
    }
    const logged = server.log.findLast((line) => line["err"] !== undefined);
    expect(logged).toMatchObject({
      level: "error",
      uid: "mine",
      err: { stack: expect.stringContaining("planted bug") },
    });
  });
});

describe("a review that waits for the cluster", () => {
  it("is not waited for by others than there is room for", async () => {
    const refreshes: { refs: readonly ObjectRef[]; budgetMs: number; done: () => void }[] = [];
    const waiting: Cluster = {
      view: clusterOf({}),
      refresh: (refs, budgetMs) =>
        new Promise((resolve) => refreshes.push({ refs, budgetMs, done: () => resolve(false) })),
      close: () => Promise.resolve(),
    };
    const missing: Decision = {
      verdict: "rejected",
      volumes: [],
      findings: [
        {
          code: "claim-not-found",
          message: "missing",
          restsOn: [{ kind: "PersistentVolumeClaim", namespace: "default", name: "data" }],
        },
      ],
      edits: [],
      pod: {},
    };
    const server = await startTestServer({
      cluster: waiting,
      config: { maxReviewsInWork: 1 },
      decide: () => missing,
    });
    try {
      const first = server.post(reviewOf(podWith()), "/mutate?timeout=1s");
      await expect.poll(() => refreshes.length).toBe(1);
      expect(refreshes[0]?.refs).toEqual([
        { kind: "PersistentVolumeClaim", namespace: "default", name: "data" },
      ]);
      expect(refreshes[0]?.budgetMs).toBe(500);

      const second = await server.post(reviewOf(podWith()));
      expect(second.status).toBe(503);
      expect(second.headers["retry-after"]).toBe("1");
      // On the same connection the same replica would get it again.
      expect(second.headers["connection"]).toBe("close");

      refreshes[0]?.done();
      expect(responseOf((await first).body)).toMatchObject({ allowed: false, status: { code: 409 } });
    } finally {
      await server.stop();
    }
  });
});
