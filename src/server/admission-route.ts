import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Decide } from "../admission/review.ts";
import type { JuicefsWay } from "../admission/select-juicefs.ts";
import type { Cluster } from "../cluster/cluster-view.ts";
import type { Config } from "../config.ts";
import { type Log, logReview } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { createAnswerer } from "./answer-text.ts";
import { comeBack } from "./http-problem.ts";
import { reviewBudget } from "./review-budget.ts";

/** Those of the JuiceFS CSI driver's webhook, whose caller has asked for JuiceFS by calling it. */
const juicefsWays: Readonly<Record<string, JuicefsWay>> = {
  "/juicefs/inject-v1-pod": "node",
  "/juicefs/serverless/inject-v1-pod": "serverless",
};

/** Our own path and those of the other webhooks, so that a cluster changes over by pointing its registration at us. */
export const admissionPaths = [
  "/mutate",
  "/mutate-fluid-io-v1alpha1-schedulepod",
  ...Object.keys(juicefsWays),
] as const;

export interface AdmissionRouteOptions {
  readonly cluster: Cluster;
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly decide?: Decide;
  /** Why no review can be answered yet, in words; asked at each. */
  readonly unavailable?: () => string | undefined;
}

type ReviewRequest = FastifyRequest<{ Querystring: { timeout?: string }; Body: string }>;

/** Adds the routes on which pods are reviewed; a request's body arrives at them as text. */
export function addAdmissionRoutes(app: FastifyInstance, options: AdmissionRouteOptions): void {
  const { config, log, metrics } = options;
  let inWork = 0;
  const answerText = createAnswerer({
    ...options,
    onError: (err, uid) => log.error({ err, uid }, "error in Sluice"),
  });

  const review = async (request: ReviewRequest, reply: FastifyReply, way?: JuicefsWay): Promise<Buffer> => {
    const started = performance.now();
    const why = options.unavailable?.();
    if (why !== undefined) throw comeBack(why);
    if (inWork >= config.maxReviewsInWork) throw comeBack(`${inWork} reviews are in work already`);
    metrics.reviewsInWork(++inWork);
    try {
      const answered = await answerText(request.body, reviewBudget(request.query.timeout), way);
      const outcome = { ...answered.outcome, seconds: (performance.now() - started) / 1000 };
      metrics.countReview(outcome);
      logReview(log, outcome);
      void reply.header("content-type", "application/json; charset=utf-8");
      return answered.json;
    } finally {
      metrics.reviewsInWork(--inWork);
    }
  };
  for (const path of admissionPaths)
    app.post(path, (request: ReviewRequest, reply) => review(request, reply, juicefsWays[path]));
}
