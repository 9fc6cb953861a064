import { patchOf } from "../types/edit.ts";
import { type ReasonInfo, reasonInfo } from "../types/reason.ts";
import { isRefusal } from "./conclude.ts";
import type { Decision } from "./decision.ts";
import type { Review, ReviewVersion } from "./decode-review.ts";

/** An AdmissionReview with a response, as it goes back to the API server. */
export interface ReviewAnswer {
  readonly apiVersion: ReviewVersion;
  readonly kind: "AdmissionReview";
  readonly response: AdmissionResponse;
}

interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: { readonly code: number; readonly reason: string; readonly message: string };
  readonly patchType?: "JSONPatch";
  /** The JSON patch in base64. */
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}

// Kubernetes: the API server cuts a warning at 256 characters and drops all after 4,096 in total.
const longestWarning = 200;
const longestWarnings = 4_000;
// A refusal is read by a person in a terminal.
const longestMessage = 4_000;
const longestAudit = 2_000;

const statusReasons = {
  400: "BadRequest",
  403: "Forbidden",
  409: "Conflict",
  500: "InternalError",
} as const;
type RefusalStatus = keyof typeof statusReasons;
// The gravest first: our own fault, then what will not go away by waiting, then what will.
const gravity: readonly RefusalStatus[] = [500, 400, 403, 409];

/** What the API server is told about a decision. */
export function answerReview(review: Review, decision: Decision): ReviewAnswer {
  const allowed = decision.verdict !== "rejected";
  const warnings = warningsOf(decision);
  return answer(review.apiVersion, {
    uid: review.request.uid,
    allowed,
    ...(allowed ? undefined : { status: refusalStatus(decision) }),
    ...(decision.edits.length === 0 || !allowed
      ? undefined
      : { patchType: "JSONPatch" as const, patch: encodePatch(decision) }),
    ...(warnings.length === 0 ? undefined : { warnings }),
    auditAnnotations: auditAnnotations(decision),
  });
}

/** What the API server is told of an object that is only looked at: `refusal` is why it may not be, if it may not. */
export function answerValidation(review: Review, refusal: string | undefined): ReviewAnswer {
  const { uid } = review.request;
  if (refusal === undefined) return answer(review.apiVersion, { uid, allowed: true });
  const status = { code: 403, reason: statusReasons[403], message: cut(refusal, longestMessage) };
  return answer(review.apiVersion, { uid, allowed: false, status });
}

/** Refuses a review that names itself but cannot be read any further. */
export function answerUnreadable(apiVersion: ReviewVersion, uid: string, message: string): ReviewAnswer {
  return answer(apiVersion, {
    uid,
    allowed: false,
    status: { code: 400, reason: statusReasons[400], message },
  });
}

/** An answer as JSON, from `answerBody` and whom it is for. */
export function joinAnswer(apiVersion: ReviewVersion, uid: string, body: Buffer): Buffer {
  const head = `{"apiVersion":"${apiVersion}","kind":"AdmissionReview","response":{"uid":${JSON.stringify(uid)},`;
  return Buffer.concat([Buffer.from(head), body]);
}

/**
 * What an answer says, as JSON from behind its uid. The patch, by far the longest part of it and in base64, is neither
 * escaped nor converted.
 */
export function answerBody({ response }: ReviewAnswer): Buffer {
  const { patch, uid: _, ...rest } = response;
  const encoded = JSON.stringify(rest).slice(1);
  if (patch === undefined) return Buffer.from(`${encoded}}`);
  return Buffer.concat([
    Buffer.from('"patch":"'),
    Buffer.from(patch, "latin1"),
    Buffer.from(`",${encoded}}`),
  ]);
}

/** Why a rejected pod was refused: every refusal, in the decision's order. */
export function refusalMessage(decision: Decision): string {
  const messages = decision.findings.filter(isRefusal).map((finding) => finding.message);
  return joinUpTo(longestMessage, messages, "; ");
}

function answer(apiVersion: ReviewVersion, response: AdmissionResponse): ReviewAnswer {
  return { apiVersion, kind: "AdmissionReview", response };
}

function refusalStatus(decision: Decision) {
  const codes = new Set<ReasonInfo["status"]>();
  for (const finding of decision.findings) codes.add(reasonInfo(finding.code).status);
  const code = gravity.find((status) => codes.has(status)) ?? 403;
  return { code, reason: statusReasons[code], message: refusalMessage(decision) };
}

function encodePatch(decision: Decision): string {
  return Buffer.from(JSON.stringify(patchOf(decision.edits))).toString("base64");
}

/** What the pod's creator is shown: in csi mode the refusals too, for there they let the pod go. */
function warningsOf(decision: Decision): string[] {
  const warnings: string[] = [];
  let left = longestWarnings;
  for (const finding of decision.findings) {
    const { level } = reasonInfo(finding.code);
    if (level === "info" || (level === "refusal" && decision.verdict === "rejected")) continue;
    // The API server drops a warning that holds a control character, such as a path may.
    const warning = cut(finding.message.replace(/\p{Cc}+/gu, " "), longestWarning);
    left -= Buffer.byteLength(warning);
    if (left < 0) break;
    warnings.push(warning);
  }
  return warnings;
}

/** Keys without a slash: the API server puts the webhook's name and a slash before each. */
function auditAnnotations(decision: Decision): Record<string, string> {
  const codes = new Set<string>();
  for (const finding of decision.findings) codes.add(finding.code);
  const annotations: Record<string, string> = { verdict: decision.verdict, reasons: [...codes].join(",") };
  const volumes: string[] = [];
  for (const outcome of decision.volumes) {
    if (outcome.code !== "not-a-claim") volumes.push(`${outcome.volume}=${outcome.code}`);
  }
  if (volumes.length > 0) annotations["volumes"] = joinUpTo(longestAudit, volumes, ",");
  return annotations;
}

/** As many of `parts` as fit into `limit` characters, and how many were left out. */
function joinUpTo(limit: number, parts: readonly string[], separator: string): string {
  let joined = "";
  for (const [index, part] of parts.entries()) {
    const next = index === 0 ? cut(part, limit) : joined + separator + part;
    if (next.length > limit) return `${joined}${separator}and ${parts.length - index} more`;
    joined = next;
  }
  return joined;
}

function cut(message: string, limit: number): string {
  if (message.length <= limit) return message;
  // Never between the halves of a surrogate pair.
  return `${message.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
