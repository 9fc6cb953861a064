import { decodeReview, ReviewError } from "../admission/decode-review.ts";
import { messageOf } from "../types/error-message.ts";
import { HttpProblem } from "./http-problem.ts";

// The key may be written with \u escapes; those of its characters are the only ones looked for.
const perhapsProto = /__proto__|\\u00[5-7]/i;

/**
 * Parses a request's body. Throws `HttpProblem` when it is not JSON. A key "__proto__", which no Kubernetes object has
 * and which code that copies objects can trip over, makes it a `ReviewError`.
 */
export function parseReview(text: string): unknown {
  if (text === "") throw new HttpProblem(400, "the body is empty: send an AdmissionReview as JSON");
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    const why = messageOf(error);
    throw new HttpProblem(400, `the body is not JSON (${why}): send an AdmissionReview`);
  }
  if (perhapsProto.test(text) && hasProtoKey(body)) {
    const { apiVersion, request } = decodeReview(body);
    const message = 'AdmissionReview has a key "__proto__", which no Kubernetes object has: remove it';
    throw new ReviewError(message, { apiVersion, uid: request.uid });
  }
  return body;
}

function hasProtoKey(root: unknown): boolean {
  const left: unknown[] = [root];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== "object" || value === null) continue;
    if (Object.hasOwn(value, "__proto__")) return true;
    for (const part of Object.values(value)) left.push(part);
  }
  return false;
}
