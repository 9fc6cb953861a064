import type { Writable } from "node:stream";
import { print } from "../print.ts";

const everyMs = 2_000;

/** Tells on a stream what is still waited for, again and again while it takes long; what is quick goes by in silence. */
export class Progress {
  readonly #stream: Writable;
  readonly #waiting = new Map<symbol, string>();
  #done = 0;
  readonly #who: string;
  #timer: NodeJS.Timeout | undefined;

  /** `who` begins each line. */
  constructor(stream: Writable, who = "sluice check") {
    this.#stream = stream;
    this.#who = who;
  }

  /** Counts `work` as one thing that is waited for. */
  async during<T>(what: string, work: Promise<T>): Promise<T> {
    const key = Symbol(what);
    this.#waiting.set(key, what);
    this.#timer ??= setInterval(() => void this.#tell(), everyMs).unref();
    try {
      return await work;
    } finally {
      this.#waiting.delete(key);
      this.#done += 1;
    }
  }

  /** Tells nothing any more. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #tell(): Promise<void> {
    const [first, ...others] = this.#waiting.values();
    if (first === undefined) return;
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    await print(this.#stream, `${this.#who}: ${this.#done} answers so far, waiting for ${first}${more}\n`);
  }
}
