import { describe, expect, it } from "vitest";
import { decodeReview, ReviewError } from "../../src/admission/decode-review.ts";
import { reviewOf } from "../support/review-builder.ts";

const pod = { metadata: { name: "p" }, spec: { containers: [] } };

function errorOf(body: unknown): ReviewError {
  try {
    decodeReview(body);
  } catch (error) {
    if (error instanceof ReviewError) return error;
    throw error;
  }
  throw new Error("was understood");
}

describe("decodeReview", () => {
  it.each(["admission.k8s.io/v1", "admission.k8s.io/v1beta1"])(
    "reads %s and keeps the pod as it is",
    (apiVersion) => {
      const review = reviewOf(pod, { apiVersion, uid: "u", namespace: "ns", dryRun: true });
      const { request, ...rest } = decodeReview(review);
      expect(rest).toEqual({ apiVersion });
      expect(request).toEqual({
        uid: "u",
        operation: "CREATE",
        kind: "/v1/Pod",
        resource: "/v1/pods",
        subResource: "",
        namespace: "ns",
        dryRun: true,
        object: pod,
      });
      expect(request.object).toBe(pod);
    },
  );

  it("reads what the API server leaves out or sends as null", () => {
    const { dryRun, oldObject, subResource, namespace, ...request } = reviewOf(pod).request as Record<
      string,
      unknown
    >;
    const bare = { ...request, kind: { version: "v1", kind: "Node" }, object: null, namespace: null };
    expect(decodeReview({ ...reviewOf(pod), request: bare }).request).toMatchObject({
      kind: "/v1/Node",
      namespace: "",
      subResource: "",
      dryRun: false,
      object: null,
    });
  });

  it("names groups", () => {
    const kind = { group: "apps", version: "v1", kind: "Deployment" };
    const resource = { group: "apps", version: "v1", resource: "deployments" };
    expect(decodeReview(reviewOf({}, { kind, resource, subResource: "scale" })).request).toMatchObject({
      kind: "apps/v1/Deployment",
      resource: "apps/v1/deployments",
      subResource: "scale",
    });
  });

  it.each([
    [undefined, "a undefined"],
    [5, "got a number"],
    ["AdmissionReview", "got a string"],
    [[reviewOf(pod)], "got a list"],
    [{}, "got an object without kind"],
    [{ kind: "Pod" }, 'got kind "Pod"'],
    [{ kind: "x".repeat(100) }, `got kind "${"x".repeat(56)}...`],
    [{ kind: "AdmissionReview" }, "has apiVersion nothing, expected admission.k8s.io/v1 or"],
    [{ kind: "AdmissionReview", apiVersion: "v1" }, 'has apiVersion "v1", expected'],
  ])("%j: %s", (body, message) => {
    const error = errorOf(body);
    expect(error.message).toContain(message);
    expect(error.review).toBeUndefined();
  });

  it.each([[undefined], [""], [7], [null], [{}]])("uid %j is none", (uid) => {
    const review = reviewOf(pod);
    const error = errorOf({ ...review, request: { ...review.request, uid } });
    expect(error.message).toBe("AdmissionReview's request.uid must be a non-empty string");
    expect(error.review).toBeUndefined();
  });

  it.each([
    ["operation", ["CREATE"]],
    ["subResource", 1],
    ["namespace", {}],
    ["dryRun", 1],
    ["kind", null],
    ["resource", []],
  ])("a %s of the wrong type keeps the uid", (key, value) => {
    const review = reviewOf(pod, { apiVersion: "admission.k8s.io/v1beta1", uid: "u" });
    const error = errorOf({ ...review, request: { ...review.request, [key]: value } });
    expect(error.message).toContain(`AdmissionReview's request.${key} must be`);
    expect(error.review).toEqual({ apiVersion: "admission.k8s.io/v1beta1", uid: "u" });
  });
});
