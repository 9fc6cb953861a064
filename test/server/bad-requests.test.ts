import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusterOf } from "../support/cluster-of.ts";
import { reviewOf } from "../support/review-builder.ts";
import { startTestServer, type TestServer } from "../support/start-server.ts";

const json = { "content-type": "application/json" };
const pod = { metadata: { name: "p" }, spec: { containers: [{ name: "app" }] } };
const review = reviewOf(pod);
const { uid, ...anonymous } = review.request;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    cluster: clusterOf({}),
    limits: { bodyBytes: 100_000, requestMs: 300, checkMs: 50 },
  });
});
afterAll(() => server.stop());

async function stillAnswers() {
  expect((await server.post(review)).body).toMatchObject({ response: { uid, allowed: true } });
}

describe("a request that is no review gets an HTTP error that says what was expected", () => {
  it.each([
    {
      name: "not JSON",
      body: "{pod",
      status: 400,
      message: /^the body is not JSON \(.+\): send an AdmissionReview$/,
    },
    { name: "cut off JSON", body: JSON.stringify(review).slice(0, -9), status: 400, message: /not JSON/ },
    { name: "empty", body: "", status: 400, message: /^the body is empty/ },
    { name: "a list", body: "[]", status: 400, message: /^expected an AdmissionReview .*got a list$/ },
    { name: "null", body: "null", status: 400, message: /got null$/ },
    { name: "a pod", body: JSON.stringify({ kind: "Pod", ...pod }), status: 400, message: /got kind "Pod"$/ },
    {
      name: "an unknown version",
      body: JSON.stringify({ ...review, apiVersion: "admission.k8s.io/v2" }),
      status: 400,
      message:
        /has apiVersion "admission.k8s.io\/v2", expected admission.k8s.io\/v1 or admission.k8s.io\/v1beta1$/,
    },
    {
      name: "no request",
      body: JSON.stringify({ ...review, request: 1 }),
      status: 400,
      message: /no request object/,
    },
    {
      name: "no uid",
      body: JSON.stringify({ ...review, request: anonymous }),
      status: 400,
      message: /request.uid must be/,
    },
    {
      name: "over the limit",
      body: " ".repeat(100_001),
      status: 413,
      message: /over the limit of 100000 bytes/,
    },
  ])("$name", async ({ body, status, message }) => {
    const answer = await server.send({ path: "/mutate", method: "POST", headers: json }, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ message: expect.stringMatching(message) });
    await stillAnswers();
  });

  it.each([
    { type: "text/plain", message: /sent as text\/plain: send an AdmissionReview as application\/json/ },
    { type: "application/yaml", message: /sent as application\/yaml/ },
    { type: undefined, message: /sent without a content type/ },
  ])("content type $type", async ({ type, message }) => {
    const headers = type === undefined ? {} : { "content-type": type };
    const answer = await server.send({ path: "/mutate", method: "POST", headers }, JSON.stringify(review));
    expect(answer.status).toBe(415);
    expect(answer.body).toEqual({ message: expect.stringMatching(message) });
  });

  it.each(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])("method %s", async (method) => {
    const answer = await server.send({ path: "/mutate?timeout=5s", method });
    expect(answer.status).toBe(405);
    expect(answer.headers["allow"]).toBe("POST");
    if (method !== "HEAD")
      expect(answer.body).toEqual({ message: expect.stringContaining(`${method} is not possible`) });
  });

  it.each(["/", "/mutate/", "/mutat", "/healthz", "/%zz"])(
    "path %s, whatever is sent to it",
    async (path) => {
      const answer = await server.send(
        { path, method: "POST", headers: { "content-type": "text/plain" } },
        "x",
      );
      expect(answer.status).toBe(path === "/%zz" ? 400 : 404);
      expect(answer.body).toEqual({ message: expect.any(String) });
      if (answer.status === 404) {
        expect(answer.text).toContain(
          "POST an AdmissionReview to /mutate or /mutate-fluid-io-v1alpha1-schedulepod",
        );
      }
    },
  );

  it("counts them", async () => {
    await server.send({ path: "/nowhere", method: "GET" });
    const page = await (await fetch(`${server.opsUrl}/metrics`)).text();
    expect(page).toMatch(/sluice_refused_requests_total\{status="404"\} [1-9]/);
  });
});

describe("a review that names itself but cannot be read is answered with its uid", () => {
  it.each([
    {
      name: "operation missing",
      change: { operation: undefined },
      message: "request.operation must be a non-empty string",
    },
    { name: "operation a number", change: { operation: 1 }, message: "request.operation must be a string" },
    { name: "namespace a list", change: { namespace: [] }, message: "request.namespace must be a string" },
    { name: "kind a string", change: { kind: "Pod" }, message: "request.kind must be an object" },
    {
      name: "resource half",
      change: { resource: { group: "" } },
      message: "request.resource.version must be a string",
    },
    { name: "dryRun a string", change: { dryRun: "no" }, message: "request.dryRun must be true or false" },
  ])("$name", async ({ change, message }) => {
    const answer = await server.post({ ...review, request: { ...review.request, ...change } });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      response: {
        uid,
        allowed: false,
        status: { code: 400, reason: "BadRequest", message: expect.stringContaining(message) },
      },
    });
  });
});

describe("a __proto__ key is refused, wherever it stands and however it is written", () => {
  it.each(['"__proto__"', '"\\u005f_proto_\\u005F"', '"__\\u0070roto__"'])("%s", async (key) => {
    const body = JSON.stringify(review).replace('"spec":{', `"spec":{"nodeSelector":[{${key}:{"x":1}}],`);
    const answer = await server.send({ path: "/mutate", method: "POST", headers: json }, body);
    expect(answer.body).toMatchObject({
      response: {
        uid,
        allowed: false,
        status: { code: 400, message: expect.stringContaining('"__proto__"') },
      },
    });
  });

  it("but not as a value", async () => {
    const labels = { a: '"__proto__": 1', constructor: "x" };
    const answer = await server.post(reviewOf({ ...pod, metadata: { labels } }));
    expect(answer.body).toMatchObject({ response: { allowed: true } });
  });
});

describe("a client that hangs", () => {
  it("in the middle of its body is cut off, and others are answered meanwhile", async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect({ host: hostname, port: Number(port), ca: server.ca, servername: "localhost" });
    const received: Buffer[] = [];
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("data", (chunk) => received.push(chunk));
    socket.write(
      "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    );
    await stillAnswers();
    await closed;
    expect(Buffer.concat(received).toString()).toMatch(/^HTTP\/1.1 408 /);
    await stillAnswers();
  });
});
