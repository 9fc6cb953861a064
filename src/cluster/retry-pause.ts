import type { LiveTiming } from "./live-timing.ts";

type PauseTiming = Pick<LiveTiming, "firstPause" | "longestPause" | "longestPauseUnreachable">;

/** A wait that others can cut short. */
export class Pause {
  #cutShort: ((ms: number) => void) | undefined;

  /** Waits for `ms` milliseconds or until `signal` ends it. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        this.#cutShort = undefined;
        resolve();
      };
      let timer = setTimeout(end, ms);
      signal.addEventListener("abort", end, { once: true });
      this.#cutShort = (rest) => {
        clearTimeout(timer);
        timer = setTimeout(end, rest);
        this.#cutShort = undefined;
      };
    });
  }

  /** Lets a wait that is going on end after `ms` milliseconds from now; once for each wait. */
  cutShort(ms: number): void {
    this.#cutShort?.(ms);
  }
}

/** The pauses between attempts: they grow with each failure, and a part of them is random. */
export class RetryPause {
  readonly #timing: PauseTiming;
  readonly #pause = new Pause();
  #failures = 0;
  #least = 0;

  constructor(timing: PauseTiming) {
    this.#timing = timing;
  }

  /** An attempt went well: the next pause is the first one again. */
  reset(): void {
    this.#failures = 0;
  }

  /**
   * Waits before the next attempt. `atLeastMs` is what the server asks for; `unreachable` says that nobody answered.
   * Ends early when `signal` does, or shortly after `hurry` was called.
   */
  wait(signal: AbortSignal, { atLeastMs = 0, unreachable = false } = {}): Promise<void> {
    const { firstPause, longestPause, longestPauseUnreachable } = this.#timing;
    const longest = unreachable ? Math.min(longestPause, longestPauseUnreachable) : longestPause;
    const full = Math.min(longest, firstPause * 2 ** this.#failures);
    // A server that was away for long is not punished for it once it is back.
    if (full < longest) this.#failures += 1;
    this.#least = atLeastMs;
    return this.#pause.wait(Math.max(atLeastMs, full * (0.5 + Math.random() / 2)), signal);
  }

  /** The server answers others again: cuts a pause short that is going on. */
  hurry(): void {
    this.#pause.cutShort(Math.max(this.#least, this.#timing.firstPause * Math.random()));
  }
}
