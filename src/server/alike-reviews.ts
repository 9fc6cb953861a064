import type { ReviewVersion } from "../admission/decode-review.ts";
import type { WitnessedView } from "../admission/witnessed-view.ts";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { ReviewOutcome } from "../telemetry/review-outcome.ts";

/** A review's text in two parts: what is its own, and what it may have in common with others. */
export interface ReviewText {
  readonly apiVersion: ReviewVersion;
  readonly uid: string;
  /** A name that the API server made up for this pod alone; "" when there is none. */
  readonly tokenVolume: string;
  /** All the rest; the same for reviews that ask the same. */
  readonly question: string;
}

/** What was answered, without whose review it was and how long it took. */
export interface KnownAnswer {
  /** The answer as JSON, from behind the uid. */
  readonly body: Buffer;
  readonly outcome: Omit<ReviewOutcome, "uid" | "alike" | "seconds">;
}

interface Remembered extends KnownAnswer {
  readonly witness: WitnessedView;
}

// Larger pods are rare, and seldom alike.
const longestText = 32_768;

const mostSeen = 32;

// As every API server writes it: encoding/json keeps the order of a struct's fields.
const apiVersion = "admission.k8s.io/v1";
const opening = `{"kind":"AdmissionReview","apiVersion":"${apiVersion}","request":{"uid":"`;
const uidLength = 36;
const uidPattern = /^[0-9a-f-]{36}$/;

// The API server's ServiceAccount plugin gives the token's volume a random name. As another field's value, such as
// claimName, the same text may be what the cluster is asked for.
const tokenVolumePattern = /"name":"(kube-api-access-[a-z0-9]{5})"/;

/** Stands nowhere in JSON. */
const placeholder = "\0";

/**
 * Answers to injected pods, to be given again. The replicas of a workload come by the hundred, and their reviews differ
 * in the uid and in the name of the token's volume only. An answer is remembered when a question comes for the second
 * time, and is good as long as the cluster tells what it told when the answer was made.
 */
export class AlikeReviews {
  readonly #answers = new Map<string, Remembered>();
  /** Questions that came once; so few that they are garbage before the collector takes them for long-lived. */
  readonly #seen = new Set<string>();
  readonly #most: number;

  /** Remembers the `most` answers that were given last. */
  constructor(most = 256) {
    this.#most = most;
  }

  recall({ question }: ReviewText, view: ClusterView): KnownAnswer | undefined {
    const known = this.#answers.get(question);
    if (known === undefined) return undefined;
    this.#answers.delete(question);
    if (!known.witness.stillHolds(view)) return undefined;
    this.#answers.set(question, known);
    return known;
  }

  /** Of a question that has come before. `patch` is the answer's, in base64. An answer that names what is one pod's own is none for others. */
  remember(text: ReviewText, answer: KnownAnswer, patch: string, witness: WitnessedView): void {
    const { tokenVolume, question } = text;
    if (!this.#seen.delete(question)) {
      this.#seen.add(question);
      if (this.#seen.size > mostSeen) dropOldest(this.#seen);
      return;
    }
    const said = [answer.body, Buffer.from(patch, "base64")];
    if (tokenVolume !== "" && said.some((part) => part.includes(tokenVolume))) return;
    this.#answers.set(question, { ...answer, witness });
    if (this.#answers.size > this.#most) dropOldest(this.#answers);
  }
}

function dropOldest(texts: Map<string, unknown> | Set<string>): void {
  const [oldest] = texts.keys();
  if (oldest !== undefined) texts.delete(oldest);
}

/**
 * Undefined for a text that is no API server's, or too long to be remembered. `way` is by which path it came: what is
 * asked by one may be answered otherwise by another.
 */
export function readReviewText(text: string, way = ""): ReviewText | undefined {
  if (text.length > longestText || !text.startsWith(opening)) return undefined;
  const uid = text.slice(opening.length, opening.length + uidLength);
  const rest = text.slice(opening.length + uidLength);
  if (!uidPattern.test(uid) || !rest.startsWith('"') || text.includes(placeholder)) return undefined;
  const tokenVolume = tokenVolumePattern.exec(rest)?.[1] ?? "";
  const question = tokenVolume === "" ? rest : rest.replaceAll(`"name":"${tokenVolume}"`, placeholder);
  return { apiVersion, uid, tokenVolume, question: `${way}${question}` };
}
