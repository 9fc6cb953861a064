import type { IncomingMessage, ServerResponse } from "node:http";
import { comeBack, HttpProblem } from "./http-problem.ts";
import type { ServerLimits } from "./limits.ts";

type BodyLimits = Pick<ServerLimits, "bodyBytes" | "heldBytes">;

/** Most reviews are under 20 kB. What is larger than this leaves a quarter of the room to what is not. */
const smallBytes = 256 * 1024;

/**
 * Reads the bodies of requests, and bounds what all of them take until their requests are answered: whoever reaches the
 * port may send as many of the largest as it likes, or begin them and never come to an end.
 */
export class RequestBodies {
  readonly #limits: BodyLimits;
  /** Those that are not whole yet, by what makes them give way; the longest under way first. */
  readonly #arriving = new Set<() => void>();
  readonly #heldBy = new Map<IncomingMessage, number>();
  #held = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /** Bytes of all bodies whose requests are not answered yet. */
  get held(): number {
    return this.#held;
  }

  /** Before a body is read: what it takes is given back when `response` is through. */
  expect(request: IncomingMessage, response: ServerResponse): void {
    response.once("close", () => this.#release(request));
  }

  /**
   * The body as text. Where all bodies are too much together, the one that has been on its way for longest gives way, for
   * what the API server sends arrives at once. Throws `HttpProblem`: 413 where it is too large by itself, 503 where it
   * gave way, 400 where its end did not come.
   */
  read(request: IncomingMessage): Promise<string> {
    const { bodyBytes, heldBytes } = this.#limits;
    const tooLarge = () =>
      // What still comes of it is not waited for.
      new HttpProblem(413, `the body is over the limit of ${bodyBytes} bytes`, { connection: "close" });
    if (Number(request.headers["content-length"]) > bodyBytes) return Promise.reject(tooLarge());
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      const end = () => {
        this.#arriving.delete(giveWay);
        request.off("data", onData).off("end", onEnd).off("error", onError);
      };
      const refuse = (problem: HttpProblem) => {
        end();
        this.#release(request);
        reject(problem);
      };
      const giveWay = () => refuse(comeBack("there is no room for so many large reviews at once"));
      const onData = (part: Buffer) => {
        parts.push(part);
        bytes += part.length;
        if (bytes > bodyBytes) return refuse(tooLarge());
        this.#hold(request, bytes);
        this.#makeRoom(bytes > smallBytes ? heldBytes * 0.75 : heldBytes);
      };
      const onEnd = () => {
        end();
        const [first = Buffer.alloc(0)] = parts;
        resolve((parts.length > 1 ? Buffer.concat(parts, bytes) : first).toString());
      };
      const onError = (error: Error) =>
        refuse(new HttpProblem(400, `the body did not end: ${error.message}`));
      this.#arriving.add(giveWay);
      request.on("data", onData).on("end", onEnd).on("error", onError);
    });
  }

  #makeRoom(bytes: number): void {
    for (const giveWay of this.#arriving) {
      if (this.#held <= bytes) return;
      giveWay();
    }
  }

  #hold(request: IncomingMessage, bytes: number): void {
    this.#held += bytes - (this.#heldBy.get(request) ?? 0);
    this.#heldBy.set(request, bytes);
  }

  #release(request: IncomingMessage): void {
    this.#held -= this.#heldBy.get(request) ?? 0;
    this.#heldBy.delete(request);
  }
}
