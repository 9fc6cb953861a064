import { Agent, request } from "node:https";

/** An answer, and how many bytes it was on the wire inside TLS. */
export interface Posted {
  readonly status: number;
  readonly body: string;
  readonly bytes: number;
  readonly ms: number;
}

/** The path to which reviews are posted, as the API server does it. */
export const reviewPath = "/mutate?timeout=5s";
export const reviewHeaders = { "content-type": "application/json" };

/** Connections to loopback servers, kept alive. */
export function openAgent(): Agent {
  return new Agent({ keepAlive: true, rejectUnauthorized: false });
}

/** Posts `body` to the server at `url`; the time includes connecting where `agent` has no connection yet. */
export function post(url: string, body: string, agent: Agent): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const headers = { ...reviewHeaders, "content-length": Buffer.byteLength(body) };
    const begin = performance.now();
    const options = { method: "POST", agent, headers, timeout: 10_000 };
    const sent = request(url + reviewPath, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const ms = performance.now() - begin;
        const whole = Buffer.concat(chunks);
        const status = answer.statusCode ?? 0;
        const head = `HTTP/1.1 ${status} ${answer.statusMessage}\r\n`.length + headerBytes(answer.rawHeaders);
        resolve({ status, body: whole.toString(), bytes: head + whole.length, ms });
      });
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 10 s")));
    sent.on("error", reject).end(body);
  });
}

/** Names and values with ": " and line ends, and the empty line after them. */
function headerBytes(rawHeaders: readonly string[]): number {
  return rawHeaders.reduce((sum, part) => sum + part.length + 2, 2);
}
