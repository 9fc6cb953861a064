import { pause } from "./pause.ts";

export interface RateLimitOptions {
  /** How many may pass in a second, in the long run. */
  readonly perSecond: number;
  /** How many may pass at once after a quiet time. */
  readonly burst: number;
  /** Milliseconds of a clock that is never set. */
  readonly elapsed: () => number;
}

/** A token bucket: lets so many calls a second pass, and makes the others wait in the order in which they came. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  /** The time from which on the next one may pass, were there no burst. */
  #next: number;

  constructor(options: RateLimitOptions) {
    this.#options = options;
    this.#next = options.elapsed() - this.#window;
  }

  /** Resolves when the caller may go on, or when `signal` ends. */
  async pass(signal: AbortSignal): Promise<void> {
    const { perSecond, elapsed } = this.#options;
    const now = elapsed();
    this.#next = Math.max(this.#next, now - this.#window) + 1_000 / perSecond;
    await pause(this.#next - now, signal);
  }

  get #window(): number {
    return (this.#options.burst * 1_000) / this.#options.perSecond;
  }
}
