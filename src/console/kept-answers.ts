/** Answers that hold for a while, at most `limit` of them; one asked for by several is fetched once. */
export class KeptAnswers<Answer> {
  readonly #kept = new Map<string, { readonly answer: Promise<Answer>; until: number }>();
  readonly #limit: number;
  readonly #now: () => number;

  /** `now`: milliseconds of a clock that is never set. */
  constructor(limit: number, now: () => number) {
    this.#limit = limit;
    this.#now = now;
  }

  /** The answer for `key`, kept for as many milliseconds as `lifeOf` says. One that fails is not kept. */
  get(key: string, lifeOf: (answer: Answer) => number, ask: () => Promise<Answer>): Promise<Answer> {
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#now() < kept.until) return kept.answer;
    const answer = ask();
    // Kept while it is on its way.
    const entry = { answer, until: Number.POSITIVE_INFINITY };
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    this.#makeRoom();
    answer.then(
      (found) => {
        entry.until = this.#now() + lifeOf(found);
      },
      () => {
        if (this.#kept.get(key) === entry) this.#kept.delete(key);
      },
    );
    return answer;
  }

  /** The oldest go first. */
  #makeRoom(): void {
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= this.#limit) return;
      this.#kept.delete(key);
    }
  }
}
