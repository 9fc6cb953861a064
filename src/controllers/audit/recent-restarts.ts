/** After so long a workload may be restarted once more where its template no longer says that it was. */
const lifeMs = 24 * 3_600_000;

/** The workloads that this process has restarted of late, by "Deployment demo/web". */
export class RecentRestarts {
  readonly #elapsed: () => number;
  readonly #at = new Map<string, number>();

  /** `elapsed`: milliseconds of a clock that is never set. */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  /** Whether it was restarted within the last day. */
  has(title: string): boolean {
    const at = this.#at.get(title);
    return at !== undefined && this.#elapsed() - at < lifeMs;
  }

  /** It is restarted now. */
  add(title: string): void {
    for (const known of [...this.#at.keys()]) if (!this.has(known)) this.#at.delete(known);
    this.#at.set(title, this.#elapsed());
  }
}
