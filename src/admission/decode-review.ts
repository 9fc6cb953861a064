import { isRawObject } from "../cluster/raw-fields.ts";
import type { PodRequest } from "./pod-request.ts";

const versions = ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"] as const;
export type ReviewVersion = (typeof versions)[number];

/** A review that was understood. */
export interface Review {
  /** The version it came in, in which it has to be answered. */
  readonly apiVersion: ReviewVersion;
  readonly request: PodRequest;
}

/** A body that is no usable AdmissionReview: HTTP status 400. With `review` it can still be answered as one. */
export class ReviewError extends Error {
  readonly status = 400;
  readonly review: { readonly apiVersion: ReviewVersion; readonly uid: string } | undefined;
  constructor(message: string, review?: { readonly apiVersion: ReviewVersion; readonly uid: string }) {
    super(message);
    this.name = "ReviewError";
    this.review = review;
  }
}

/**
 * Reads an AdmissionReview that was parsed from JSON; the pod in it is neither checked nor copied.
 * Throws `ReviewError` naming what is missing or of the wrong type.
 */
export function decodeReview(body: unknown): Review {
  if (!isRawObject(body) || body["kind"] !== "AdmissionReview") {
    throw new ReviewError(`expected an AdmissionReview of ${versions.join(" or ")}, got ${kindOf(body)}`);
  }
  const apiVersion = versions.find((version) => version === body["apiVersion"]);
  if (apiVersion === undefined) {
    throw new ReviewError(
      `AdmissionReview has apiVersion ${quote(body["apiVersion"])}, expected ${versions.join(" or ")}`,
    );
  }
  const request = body["request"];
  if (!isRawObject(request)) throw new ReviewError("AdmissionReview has no request object");
  const uid = request["uid"];
  if (typeof uid !== "string" || uid === "") {
    throw new ReviewError("AdmissionReview's request.uid must be a non-empty string");
  }
  const fail = (message: string) =>
    new ReviewError(`AdmissionReview's request.${message}`, { apiVersion, uid });

  const text = (key: string): string => {
    const value = request[key] ?? "";
    if (typeof value !== "string") throw fail(`${key} must be a string`);
    return value;
  };
  const operation = text("operation");
  if (operation === "") throw fail("operation must be a non-empty string");
  const dryRun = request["dryRun"] ?? false;
  if (typeof dryRun !== "boolean") throw fail("dryRun must be true or false");
  return {
    apiVersion,
    request: {
      uid,
      operation,
      kind: groupVersion(request["kind"], "kind", fail),
      resource: groupVersion(request["resource"], "resource", fail),
      subResource: text("subResource"),
      namespace: text("namespace"),
      dryRun,
      object: request["object"],
    },
  };
}

/** "group/version/name" of a GroupVersionKind or GroupVersionResource; `key` is also the name of its last part. */
function groupVersion(
  value: unknown,
  key: "kind" | "resource",
  fail: (message: string) => ReviewError,
): string {
  if (!isRawObject(value)) throw fail(`${key} must be an object with group, version and ${key}`);
  const group = value["group"] ?? "";
  const version = value["version"];
  const name = value[key];
  if (typeof group !== "string") throw fail(`${key}.group must be a string`);
  if (typeof version !== "string") throw fail(`${key}.version must be a string`);
  if (typeof name !== "string") throw fail(`${key}.${key} must be a string`);
  return `${group}/${version}/${name}`;
}

function kindOf(body: unknown): string {
  if (Array.isArray(body)) return "a list";
  if (!isRawObject(body)) return body === null ? "null" : `a ${typeof body}`;
  return body["kind"] === undefined ? "an object without kind" : `kind ${quote(body["kind"])}`;
}

/** What the sender wrote, short enough for a message. */
function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
