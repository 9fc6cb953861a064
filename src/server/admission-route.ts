import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { answerReview, encodeAnswer, refusalMessage } from "../admission/answer.ts";
import type { Decision } from "../admission/decision.ts";
import { decodeReview } from "../admission/decode-review.ts";
import type { PodRequest } from "../admission/pod-request.ts";
import { type Decide, podName, reviewPod } from "../admission/review.ts";
import type { Cluster } from "../cluster/cluster-view.ts";
import type { Config } from "../config.ts";
import { type Log, logReview } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { ReviewOutcome } from "../telemetry/review-outcome.ts";
import type { ReasonCode } from "../types/reason.ts";
import { HttpProblem } from "./http-problem.ts";
import { reviewBudget } from "./review-budget.ts";

/** Our own path and the one of Fluid's webhook, so that a cluster changes over by pointing its registration at us. */
export const admissionPaths = ["/mutate", "/mutate-fluid-io-v1alpha1-schedulepod"] as const;

export interface AdmissionRouteOptions {
  readonly cluster: Cluster;
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly decide?: Decide;
  /** Why no review can be answered yet, in words; asked at each. */
  readonly unavailable?: () => string | undefined;
}

type ReviewRequest = FastifyRequest<{ Querystring: { timeout?: string } }>;

/** Adds the routes on which pods are reviewed. */
export function addAdmissionRoutes(app: FastifyInstance, options: AdmissionRouteOptions): void {
  const { cluster, config, log, metrics } = options;
  let inWork = 0;

  const review = async (request: ReviewRequest, reply: FastifyReply): Promise<Buffer> => {
    const started = performance.now();
    const received = decodeReview(request.body);
    const why = options.unavailable?.();
    if (why !== undefined) throw comeBack(why);
    if (inWork >= config.maxReviewsInWork) {
      throw comeBack(`${inWork} reviews are in work already`);
    }
    metrics.reviewsInWork(++inWork);
    try {
      const decision = await reviewPod(received.request, cluster, config, {
        budgetMs: reviewBudget(request.query.timeout),
        onError: (err) => log.error({ err, uid: received.request.uid }, "error in Sluice"),
        ...(options.decide === undefined ? undefined : { decide: options.decide }),
      });
      if (decision.unsure !== undefined) throw comeBack(decision.unsure);
      const answered = answerReview(received, decision);
      const answer = encodeAnswer(answered);
      const { patch } = answered.response;
      const outcome = {
        ...outcomeOf(received.request, decision, (performance.now() - started) / 1000),
        ...(patch === undefined ? undefined : { patchBytes: Buffer.byteLength(patch, "base64") }),
      };
      metrics.countReview(outcome);
      logReview(log, outcome);
      void reply.header("content-type", "application/json; charset=utf-8");
      return answer;
    } finally {
      metrics.reviewsInWork(--inWork);
    }
  };
  for (const path of admissionPaths) app.post(path, review);
}

/**
 * The API server sends the review again after the seconds of Retry-After, over and over until its own timeout is over;
 * only on a new connection can another replica get it.
 */
function comeBack(why: string): HttpProblem {
  return new HttpProblem(503, `${why}: come back`, { "retry-after": "1", connection: "close" });
}

function outcomeOf(request: PodRequest, decision: Decision, seconds: number): ReviewOutcome {
  const { verdict, mode } = decision;
  return {
    uid: request.uid,
    namespace: request.namespace,
    pod: podName(request.object),
    operation: request.operation,
    verdict,
    ...(mode === undefined ? undefined : { mode }),
    code: mainCode(decision),
    codes: [...new Set(decision.findings.map((finding) => finding.code))],
    ...(verdict === "rejected" ? { refusal: refusalMessage(decision) } : undefined),
    dryRun: request.dryRun,
    seconds,
  };
}

/** What was done with the pod's first dataset, or why nothing was. */
function mainCode({ verdict, volumes, findings }: Decision): ReasonCode {
  const served = verdict === "injected" ? volumes.find(({ dataset }) => dataset !== undefined) : undefined;
  // That the pod asks is no reason for how it ended.
  const reason = findings.find(({ code }) => code !== "opted-in");
  return served?.code ?? reason?.code ?? "opted-in";
}
