import type { FastifyReply, FastifyRequest } from "fastify";
import { answerUnreadable } from "../admission/answer.ts";
import { ReviewError } from "../admission/decode-review.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** A request that gets an HTTP status and `{message}` instead of an AdmissionReview. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "HttpProblem";
    this.status = status;
    this.headers = headers;
  }
}

/**
 * The API server sends the review again after the seconds of Retry-After, over and over until its own timeout is over;
 * only on a new connection can another replica get it.
 */
export function comeBack(why: string): HttpProblem {
  return new HttpProblem(503, `${why}: come back`, { "retry-after": "1", connection: "close" });
}

/** The paths are served, but not this one or not with this method. */
export function notServed(method: string, url: string, paths: readonly string[]): HttpProblem {
  const path = url.split("?", 1)[0] ?? url;
  if (paths.includes(path)) {
    return new HttpProblem(405, `${method} is not possible on ${path}: POST an AdmissionReview to it`, {
      allow: "POST",
    });
  }
  return new HttpProblem(
    404,
    `there is nothing at ${path}: POST an AdmissionReview to ${paths.join(" or ")}`,
  );
}

/** The one place where errors become answers. */
export function createErrorHandler(log: Log, metrics: Metrics) {
  return (error: Error, request: FastifyRequest, reply: FastifyReply) => {
    if (error instanceof ReviewError && error.review !== undefined) {
      metrics.countRefusedRequest(error.status);
      log.warn({ uid: error.review.uid, problem: error.message }, "unreadable review");
      return reply.send(answerUnreadable(error.review.apiVersion, error.review.uid, error.message));
    }
    const problem = problemOf(error, request);
    metrics.countRefusedRequest(problem.status);
    if (problem.status >= 500 && !(error instanceof HttpProblem))
      log.error({ err: error }, "error in Sluice");
    else log.debug({ status: problem.status, problem: problem.message }, "request refused");
    return reply.code(problem.status).headers(problem.headers).send({ message: problem.message });
  };
}

function problemOf(error: Error, request: FastifyRequest): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof ReviewError) return new HttpProblem(error.status, error.message);
  const code = "code" in error ? error.code : undefined;
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    const type = request.headers["content-type"];
    const got = type === undefined ? "without a content type" : `as ${type}`;
    return new HttpProblem(415, `the body was sent ${got}: send an AdmissionReview as application/json`);
  }
  const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
  if (status >= 500) return new HttpProblem(500, "an error in Sluice itself; its log tells more");
  return new HttpProblem(status, error.message);
}
