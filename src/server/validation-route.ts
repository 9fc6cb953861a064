import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { answerValidation } from "../admission/answer.ts";
import { decodeReview } from "../admission/decode-review.ts";
import { type ObjectRequest, secretRefusal, volumeRefusal } from "../admission/validate-juicefs.ts";
import type { AdmissionRouteOptions } from "./admission-route.ts";
import { comeBack } from "./http-problem.ts";
import { parseReview } from "./parse-review.ts";

/** Those of the JuiceFS CSI driver's validating webhook. The one for evictions is about mount pods, which are not made here. */
export const validationPaths = ["/juicefs/validate-secret", "/juicefs/validate-pv"] as const;

export type ValidationRouteOptions = Pick<
  AdmissionRouteOptions,
  "cluster" | "config" | "log" | "metrics" | "unavailable"
>;

/** Adds the routes on which Secrets and volumes of JuiceFS are looked at; a request's body arrives at them as text. */
export function addValidationRoutes(app: FastifyInstance, options: ValidationRouteOptions): void {
  const { cluster, config, log, metrics, unavailable } = options;
  const refusalOf: Readonly<
    Record<(typeof validationPaths)[number], (request: ObjectRequest) => string | undefined>
  > = {
    "/juicefs/validate-secret": secretRefusal,
    "/juicefs/validate-pv": (request) => {
      const why = unavailable?.();
      if (why !== undefined) throw comeBack(why);
      return volumeRefusal(request, cluster.view, config.juicefs.driver);
    },
  };
  for (const path of validationPaths)
    app.post(path, (request: FastifyRequest<{ Body: string }>, reply: FastifyReply) => {
      const review = decodeReview(parseReview(request.body));
      const { uid, kind, operation, dryRun } = review.request;
      const refusal = refusalOf[path](review.request);
      metrics.countValidation(path, refusal === undefined ? "allowed" : "rejected");
      log[refusal === undefined ? "debug" : "info"](
        { uid, kind, operation, refusal, dryRun: dryRun || undefined },
        "validated",
      );
      return reply
        .header("content-type", "application/json; charset=utf-8")
        .send(JSON.stringify(answerValidation(review, refusal)));
    });
}
