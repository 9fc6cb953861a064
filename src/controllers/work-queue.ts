import { ApiError, reasonOf } from "../cluster/api-error.ts";

/** What came of the work on one object. */
export interface Done {
  /** One word for metrics, such as "nothing" or "gate-opened". */
  readonly result: string;
  /** Milliseconds after which the object is to be looked at again, whatever happens until then. */
  readonly againMs?: number | undefined;
}

export interface WorkTiming {
  /** The pause after the first failure of an object's work, in milliseconds; it doubles with each. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** As the leader has it; tests shorten it. */
export const workTiming: WorkTiming = { firstPauseMs: 250, longestPauseMs: 60_000 };

export interface WorkQueueOptions {
  /** Does what is to be done about an object as it is now. It is told again where this throws. */
  readonly work: (key: string, signal: AbortSignal) => Promise<Done>;
  /** How many objects are worked on at a time. */
  readonly workers: number;
  readonly timing: WorkTiming;
  /** Told after each piece of work. Must not throw. */
  readonly onDone: (key: string, outcome: WorkOutcome) => void;
  /** Milliseconds of a clock that is never set. */
  readonly elapsed: () => number;
}

export type WorkOutcome = { readonly ms: number } & (
  | { readonly done: Done }
  | { readonly failure: string; readonly failures: number }
);

/**
 * Objects to be looked at, by key. Each is in it once, however often it is told, and is never worked on twice at once:
 * what is told meanwhile is looked at once more afterwards. What fails is tried again, ever later.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #inWork = new Set<string>();
  /** Told while they were worked on. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly at: number }>();
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** How many objects wait or are worked on; those that are only looked at later do not count. */
  get depth(): number {
    return this.#waiting.size + this.#inWork.size;
  }

  /** Something about the object may have changed. */
  add(key: string): void {
    if (this.#closing.signal.aborted) return;
    if (this.#inWork.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
    this.#start();
  }

  /** Looks at the object after `ms` milliseconds, or sooner where that was asked for before. */
  addAfter(key: string, ms: number): void {
    if (this.#closing.signal.aborted) return;
    const at = this.#options.elapsed() + ms;
    const known = this.#timers.get(key);
    if (known !== undefined && known.at <= at) return;
    clearTimeout(known?.timer);
    const timer = setTimeout(
      () => {
        this.#timers.delete(key);
        this.add(key);
      },
      Math.min(ms, longestTimerMs),
    );
    this.#timers.set(key, { timer, at });
  }

  /** Begins nothing more, ends what is in work by its signal, and resolves when it has ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#waiting.clear();
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#running);
  }

  #start(): void {
    for (const key of this.#waiting) {
      if (this.#inWork.size >= this.#options.workers) return;
      this.#waiting.delete(key);
      this.#inWork.add(key);
      const running = this.#work(key).finally(() => {
        this.#running.delete(running);
        this.#inWork.delete(key);
        if (this.#again.delete(key)) this.add(key);
        else this.#start();
      });
      this.#running.add(running);
    }
  }

  async #work(key: string): Promise<void> {
    const { work, elapsed, onDone } = this.#options;
    const { signal } = this.#closing;
    const begun = elapsed();
    try {
      const done = await work(key, signal);
      this.#failures.delete(key);
      if (done.againMs !== undefined) this.addAfter(key, done.againMs);
      onDone(key, { done, ms: elapsed() - begun });
    } catch (error) {
      if (signal.aborted) return;
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
      this.addAfter(key, Math.max(asked, this.#pauseAfter(failures)));
      onDone(key, { failure: reasonOf(error), failures, ms: elapsed() - begun });
    }
  }

  #pauseAfter(failures: number): number {
    const { firstPauseMs, longestPauseMs } = this.#options.timing;
    const full = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 30));
    return full * (0.5 + Math.random() / 2);
  }
}

// What is farther away than a timer of Node.js can count is looked at earlier.
const longestTimerMs = 2 ** 31 - 1;
