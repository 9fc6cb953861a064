import { reasonOf } from "../cluster/api-error.ts";
import type { LeaseLock, LeaseReading, LeaseRecord } from "./lease-lock.ts";
import { pause } from "./pause.ts";
import { within } from "./within.ts";

export interface LeaderTiming {
  /** How long others leave a leader alone after it last renewed, in milliseconds. */
  readonly leaseMs: number;
  /** When a leader that could not renew gives up: well before others may take over. */
  readonly renewMs: number;
  /** How often it is tried to renew, or to become the leader. */
  readonly retryMs: number;
}

/** As Kubernetes' own controllers have them. (Kubernetes: client-go, tools/leaderelection.) */
export const leaderTiming: LeaderTiming = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 };

/** How long a process that ends may take to give the Lease away; within a pod's grace period. */
const releaseMs = 5_000;

export interface LeaderOptions {
  readonly lock: LeaseLock;
  /** Of this process and no other. */
  readonly identity: string;
  readonly timing: LeaderTiming;
  /** Milliseconds since 1970, only written for people to read. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set; all waiting is by it, so that no two clocks need to agree. */
  readonly elapsed: () => number;
  /** Told when this process begins or ceases to lead. Must not throw. */
  readonly onChange: (leads: boolean, why: string) => void;
  /** Told who holds the Lease when that was seen to have changed; "" for nobody. Must not throw. */
  readonly onHolder: (holder: string) => void;
  /** Told what stands in the way of reading or writing the Lease, and undefined when nothing does any more. */
  readonly onProblem: (problem: string | undefined) => void;
}

/**
 * Does `work` while this process is the only leader, again and again, until `stop` ends it; then the lead is given
 * away, so that the next one need not wait. The signal that `work` gets ends with the lead, and `work` has to end with
 * it. Throws what `work` throws.
 */
export async function lead(
  options: LeaderOptions,
  work: (signal: AbortSignal) => Promise<void>,
  stop: AbortSignal,
): Promise<void> {
  const candidate = new Candidate(options);
  while (!stop.aborted) {
    if (!(await candidate.acquire(stop))) break;
    const lost = new AbortController();
    const failed = new AbortController();
    const working = work(AbortSignal.any([stop, lost.signal])).catch((error: unknown) => {
      failed.abort();
      throw error;
    });
    // It is awaited below, where it is thrown.
    working.catch(() => undefined);
    const why = await candidate.hold(AbortSignal.any([stop, failed.signal]));
    lost.abort();
    options.onChange(false, why);
    try {
      await working;
    } finally {
      await candidate.release();
    }
  }
}

class Candidate {
  readonly #options: LeaderOptions;
  /** The record that was seen last, and since when nothing about it has changed. */
  #seen: { readonly text: string; readonly since: number } | undefined;
  #renewedAt = 0;
  #problem: string | undefined;
  #toldHolder: string | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  /** Waits for the lead; false when `stop` ended that. */
  async acquire(stop: AbortSignal): Promise<boolean> {
    const { identity, timing, onChange } = this.#options;
    while (!stop.aborted) {
      if (await this.#attempt(stop)) {
        onChange(true, `${identity} holds the Lease`);
        return true;
      }
      await pause(timing.retryMs * (1 + Math.random() / 5), stop);
    }
    return false;
  }

  /** Renews until the lead is lost or `stop` ends it; tells why. */
  async hold(stop: AbortSignal): Promise<string> {
    const { timing } = this.#options;
    for (;;) {
      await pause(Math.min(timing.retryMs, this.#left), stop);
      if (stop.aborted) return "asked to stop";
      const left = this.#left;
      if (left <= 0) return "the Lease could not be renewed in time";
      if (await within(left, stop, (signal) => this.#attempt(signal))) continue;
      const holder = this.#holder;
      if (holder !== undefined && holder !== this.#options.identity)
        return `${holder || "nobody"} holds the Lease`;
    }
  }

  /** For how many milliseconds this process may still take itself for the leader. */
  get #left(): number {
    return this.#renewedAt + this.#options.timing.renewMs - this.#options.elapsed();
  }

  /** Gives the Lease away where it is still ours. */
  async release(): Promise<void> {
    const { lock, identity, onProblem } = this.#options;
    const signal = AbortSignal.timeout(releaseMs);
    try {
      const reading = await lock.read(signal);
      if (reading?.record.holder !== identity) return;
      const renewTime = this.#time();
      await lock.replace(reading, { ...reading.record, holder: "", durationMs: 1_000, renewTime }, signal);
    } catch (error) {
      onProblem(`the Lease could not be given away, so the next leader waits for it: ${reasonOf(error)}`);
    }
  }

  #holder: string | undefined;

  /** Takes or renews the Lease where that is allowed. */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    const { lock, elapsed } = this.#options;
    // What others count from is later than this.
    const begun = elapsed();
    try {
      const reading = await lock.read(signal);
      const record = this.#next(reading);
      if (record === undefined) {
        this.#tell(undefined);
        return false;
      }
      const written =
        reading === undefined
          ? await lock.create(record, signal)
          : await lock.replace(reading, record, signal);
      this.#tell(undefined);
      if (!written) return false;
      this.#renewedAt = begun;
      this.#tellHolder(record.holder);
      return true;
    } catch (error) {
      this.#holder = undefined;
      if (!signal.aborted) this.#tell(reasonOf(error));
      return false;
    }
  }

  /** What to write; undefined as long as somebody else leads. */
  #next(reading: LeaseReading | undefined): LeaseRecord | undefined {
    const { identity, timing, elapsed } = this.#options;
    const renewTime = this.#time();
    const own = { holder: identity, durationMs: timing.leaseMs, renewTime };
    this.#holder = reading?.record.holder;
    this.#tellHolder(this.#holder ?? "");
    if (reading === undefined) return { ...own, acquireTime: renewTime, transitions: 0 };
    const { record } = reading;
    const text = JSON.stringify(record);
    if (this.#seen?.text !== text) this.#seen = { text, since: elapsed() };
    if (record.holder === identity)
      return { ...own, acquireTime: record.acquireTime, transitions: record.transitions };
    const free = record.holder === "" || elapsed() - this.#seen.since >= record.durationMs;
    if (!free) return undefined;
    return { ...own, acquireTime: renewTime, transitions: record.transitions + 1 };
  }

  /** Kubernetes' MicroTime. */
  #time(): string {
    return new Date(this.#options.now()).toISOString().replace("Z", "000Z");
  }

  #tellHolder(holder: string): void {
    if (holder === this.#toldHolder) return;
    this.#toldHolder = holder;
    this.#options.onHolder(holder);
  }

  #tell(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#options.onProblem(problem);
  }
}
