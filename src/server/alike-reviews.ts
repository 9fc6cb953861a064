import type { WitnessedView } from "../admission/witnessed-view.ts";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { ReviewOutcome } from "../telemetry/review-outcome.ts";
import type { ReviewText } from "./review-text.ts";

/** What was answered, without whose review it was and how long it took. */
export interface KnownAnswer {
  /** The answer as JSON, from behind the uid. */
  readonly body: Buffer;
  readonly outcome: Omit<ReviewOutcome, "uid" | "pod" | "alike" | "seconds">;
}

interface Remembered extends KnownAnswer {
  readonly witness: WitnessedView;
  /** About what it takes in memory. */
  readonly bytes: number;
}

const mostSeen = 32;
/** An answer is mostly 20 to 60 kB, yet that to a pod of very many datasets is a megabyte. */
const mostBytes = 16 * 1024 * 1024;
const bytesOfTestimony = 100;

/**
 * Answers to injected pods, to be given again. The replicas of a workload come by the hundred, and their reviews differ
 * only in what is each pod's own. An answer is remembered when a question comes for the second time, and is good as long
 * as the cluster tells what it told when the answer was made.
 */
export class AlikeReviews {
  readonly #answers = new Map<string, Remembered>();
  /** Questions that came once; so few that they are garbage before the collector takes them for long-lived. */
  readonly #seen = new Set<string>();
  readonly #most: number;
  readonly #mostBytes: number;
  #bytes = 0;

  /** Remembers the `most` answers that were given last, as far as `bytes` are enough for them. */
  constructor(most = 256, bytes = mostBytes) {
    this.#most = most;
    this.#mostBytes = bytes;
  }

  /** About what all that is remembered takes in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The answer that was given to the same question, where `view` still tells what it was made from; else undefined. */
  recall({ question }: ReviewText, view: ClusterView): KnownAnswer | undefined {
    const known = this.#answers.get(question);
    if (known === undefined) return undefined;
    this.#forget(question);
    if (!known.witness.stillHolds(view)) return undefined;
    this.#keep(question, known);
    return known;
  }

  /**
   * Notes that the question came; where it came before, keeps its answer. `patch` is the answer's, in base64; an answer
   * that names what is one pod's own is none for others.
   */
  remember(text: ReviewText, answer: KnownAnswer, patch: string, witness: WitnessedView): void {
    const { names, question } = text;
    if (!this.#seen.delete(question)) {
      this.#seen.add(question);
      if (this.#seen.size > mostSeen) dropOldest(this.#seen);
      return;
    }
    const said = [answer.body, Buffer.from(patch, "base64")];
    if (names.some((name) => said.some((part) => part.includes(name)))) return;
    const bytes = 2 * question.length + answer.body.length + witness.size * bytesOfTestimony;
    this.#forget(question);
    this.#keep(question, { ...answer, witness, bytes });
    while (this.#answers.size > this.#most || this.#bytes > this.#mostBytes) {
      const [oldest] = this.#answers.keys();
      if (oldest === undefined) break;
      this.#forget(oldest);
    }
  }

  #keep(question: string, known: Remembered): void {
    this.#answers.set(question, known);
    this.#bytes += known.bytes;
  }

  #forget(question: string): void {
    this.#bytes -= this.#answers.get(question)?.bytes ?? 0;
    this.#answers.delete(question);
  }
}

function dropOldest(texts: Set<string>): void {
  const [oldest] = texts;
  if (oldest !== undefined) texts.delete(oldest);
}
