import { answerBody, answerReview, joinAnswer, refusalMessage } from "../admission/answer.ts";
import { decide } from "../admission/decide.ts";
import type { Decision } from "../admission/decision.ts";
import { decodeReview, type Review } from "../admission/decode-review.ts";
import type { PodRequest } from "../admission/pod-request.ts";
import { type Decide, podName, reviewPod } from "../admission/review.ts";
import type { JuicefsWay } from "../admission/select-juicefs.ts";
import { WitnessedView } from "../admission/witnessed-view.ts";
import type { Cluster } from "../cluster/cluster-view.ts";
import type { Config } from "../config.ts";
import type { ReviewOutcome } from "../telemetry/review-outcome.ts";
import type { ReasonCode } from "../types/reason.ts";
import { AlikeReviews, type KnownAnswer } from "./alike-reviews.ts";
import { comeBack } from "./http-problem.ts";
import { parseReview } from "./parse-review.ts";
import { createTextReader, numberingKeys, type ReviewText } from "./review-text.ts";

export interface AnswererOptions {
  readonly cluster: Cluster;
  readonly config: Config;
  /** Told of an error in Sluice itself while the review `uid` was decided about. */
  readonly onError: (error: unknown, uid: string) => void;
  readonly decide?: Decide;
}

/** An AdmissionReview with its response as JSON, and how the review ended. */
export interface Answered {
  readonly json: Buffer;
  readonly outcome: Omit<ReviewOutcome, "seconds">;
}

/**
 * Makes the function that answers the text of a review, come by `way`, within `budgetMs` milliseconds: anew, or as a
 * review that asked the same was answered. It throws `HttpProblem` or `ReviewError` for a text that is no review, and
 * `HttpProblem` with status 503 where the answer might be wrong.
 */
export function createAnswerer(
  options: AnswererOptions,
): (body: string, budgetMs: number, way?: JuicefsWay) => Promise<Answered> {
  const { cluster } = options;
  const alike = new AlikeReviews();
  // A platform of the configuration may be recognised by any label.
  const configured = JSON.stringify(options.config);
  const readText = createTextReader(numberingKeys.filter((key) => !configured.includes(key)));

  const answerAnew = async (
    review: Review,
    text: ReviewText | undefined,
    budgetMs: number,
  ): Promise<KnownAnswer> => {
    const { request } = review;
    let witness: WitnessedView | undefined;
    const decision = await reviewPod(request, cluster, options.config, {
      budgetMs,
      onError: (error) => options.onError(error, request.uid),
      decide: (pod, view, config) => {
        witness = new WitnessedView(view);
        return (options.decide ?? decide)(pod, witness, config);
      },
    });
    if (decision.unsure !== undefined) throw comeBack(decision.unsure);
    const answer = answerReview(review, decision);
    const { patch } = answer.response;
    const known = { body: answerBody(answer), outcome: outcomeOf(request, decision, patch) };
    if (text !== undefined && witness !== undefined && patch !== undefined)
      alike.remember(text, known, patch, witness);
    return known;
  };

  return async (body, budgetMs, way) => {
    const text = readText(body, way);
    const known = text === undefined ? undefined : alike.recall(text, cluster.view);
    if (text !== undefined && known !== undefined) return toReview(known, text, true);
    const decoded = decodeReview(parseReview(body));
    const review = way === undefined ? decoded : { ...decoded, request: { ...decoded.request, way } };
    const answer = await answerAnew(review, text, budgetMs);
    const { uid, object } = review.request;
    return toReview(answer, { apiVersion: review.apiVersion, uid, pod: podName(object) }, false);
  };
}

function toReview(
  { body, outcome }: KnownAnswer,
  { apiVersion, uid, pod }: Pick<ReviewText, "apiVersion" | "uid" | "pod">,
  alike: boolean,
): Answered {
  return { json: joinAnswer(apiVersion, uid, body), outcome: { uid, pod, ...outcome, alike } };
}

function outcomeOf(
  request: PodRequest,
  decision: Decision,
  patch: string | undefined,
): KnownAnswer["outcome"] {
  const { verdict, mode } = decision;
  return {
    namespace: request.namespace,
    operation: request.operation,
    verdict,
    ...(mode === undefined ? undefined : { mode }),
    code: mainCode(decision),
    codes: [...new Set(decision.findings.map((finding) => finding.code))],
    ...(verdict === "rejected" ? { refusal: refusalMessage(decision) } : undefined),
    dryRun: request.dryRun,
    ...(patch === undefined ? undefined : { patchBytes: Buffer.byteLength(patch, "base64") }),
  };
}

/** What was done with the pod's first dataset, or why nothing was. */
function mainCode({ verdict, volumes, findings }: Decision): ReasonCode {
  const served = verdict === "injected" ? volumes.find(({ dataset }) => dataset !== undefined) : undefined;
  // That the pod asks is no reason for how it ended.
  const reason = findings.find(({ code }) => code !== "opted-in");
  return served?.code ?? reason?.code ?? "opted-in";
}
