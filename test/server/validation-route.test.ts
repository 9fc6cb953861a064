import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusterOf } from "../support/cluster-of.ts";
import { reviewOf } from "../support/review-builder.ts";
import { startTestServer, type TestServer } from "../support/start-server.ts";

const driver = "csi.juicefs.com";
const cluster = clusterOf({
  persistentVolumes: [
    { name: "there", accessModes: [], hasNodeAffinity: false, csi: { driver, handle: "taken" } },
  ],
});

const secrets = {
  kind: { group: "", version: "v1", kind: "Secret" },
  resource: { group: "", version: "v1", resource: "secrets" },
};
const volumes = {
  kind: { group: "", version: "v1", kind: "PersistentVolume" },
  resource: { group: "", version: "v1", resource: "persistentvolumes" },
};
const encoded = (text: string) => Buffer.from(text).toString("base64");
const secret = (data: Record<string, string>) => ({
  metadata: { name: "corpfs", namespace: "storage" },
  data,
});
const volume = (volumeHandle: string) => ({
  metadata: { name: "new" },
  spec: {
    storageClassName: "",
    csi: { driver, volumeHandle, nodePublishSecretRef: { namespace: "storage", name: "corpfs" } },
  },
});

describe("Secrets and volumes of JuiceFS, looked at over HTTPS", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ cluster });
  });
  afterAll(() => server.stop());

  it.each(["admission.k8s.io/v1", "admission.k8s.io/v1beta1"])(
    "are answered in the version that asks: %s",
    async (apiVersion) => {
      const review = reviewOf(secret({ name: encoded("corpfs"), token: encoded("t0ken") }), {
        ...secrets,
        apiVersion,
        uid: "u-1",
      });
      const { status, body } = await server.post(review, "/juicefs/validate-secret?timeout=5s");
      expect(status).toBe(200);
      expect(body).toEqual({ apiVersion, kind: "AdmissionReview", response: { uid: "u-1", allowed: true } });
    },
  );

  it("are refused with the reason, which is logged and counted without any value", async () => {
    const refused =
      /^sluice_validations_total\{path="\/juicefs\/validate-secret",verdict="rejected"\} (\d+)$/m;
    const counted = async () =>
      Number(refused.exec(await (await fetch(`${server.opsUrl}/metrics`)).text())?.[1] ?? 0);
    const before = await counted();
    const data = { metaurl: encoded("redis://:pa55word@x"), envs: encoded("[1") };
    const asked = reviewOf(secret({ ...data, name: encoded("corpfs") }), { ...secrets, uid: "u-2" });
    const { body, text } = await server.post(asked, "/juicefs/validate-secret");
    expect(body).toMatchObject({
      response: {
        uid: "u-2",
        allowed: false,
        status: {
          code: 403,
          reason: "Forbidden",
          message:
            "Secret storage/corpfs: its key envs is no map of texts in YAML or JSON of 16 KiB at most: correct it",
        },
      },
    });
    const line = server.log.find(({ uid }) => uid === "u-2");
    expect(line).toMatchObject({
      msg: "validated",
      refusal: expect.stringContaining("Secret storage/corpfs"),
    });
    expect(text + JSON.stringify(server.log)).not.toContain("pa55word");
    expect(text + JSON.stringify(server.log)).not.toContain(encoded("redis://:pa55word@x"));
    expect(await counted()).toBe(before + 1);
  });

  it.each([
    ["taken", false],
    ["free", true],
  ])("a volume with the handle %s: allowed %s", async (handle, allowed) => {
    const { body } = await server.post(reviewOf(volume(handle), volumes), "/juicefs/validate-pv?timeout=5s");
    expect(body).toMatchObject({ response: { allowed } });
  });

  it.each([
    ["no review", { kind: "Pod" }, 400],
    ["no JSON", "text", 400],
  ])("%s is no review, as everywhere", async (_, sent, status) => {
    for (const path of ["/juicefs/validate-secret", "/juicefs/validate-pv"])
      expect((await server.post(sent, path)).status).toBe(status);
  });

  it("evictions of mount pods are none of ours, and the answer names what is", async () => {
    const { status, text } = await server.post({}, "/juicefs/validate-evict-pod");
    expect(status).toBe(404);
    expect(text).toContain("/juicefs/validate-pv");
    const get = await server.send({ path: "/juicefs/validate-pv", method: "GET" });
    expect(get.status).toBe(405);
  });
});
