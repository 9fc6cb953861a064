import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import { ApiError, errorFromStatus, reasonOf } from "./api-error.ts";

/** `watch`: long-lived, one connection each. `read`: short, over a few connections that are kept open. */
export type CallKind = "read" | "watch";

/** What has to be known for a request, made from the kubeconfig. */
export interface Access {
  readonly server: URL;
  readonly headers: http.OutgoingHttpHeaders;
  readonly auth: string | undefined;
  readonly agents: Readonly<Record<CallKind, http.Agent>>;
  /** What the agents were made from. */
  readonly identity: string;
}

const longestErrorBody = 64 * 1024;

/** A request that has yet to be sent, with its credentials. */
export function startCall(
  { server, headers: own, auth, agents }: Access,
  path: string,
  kind: CallKind,
  method: string,
  headers: http.OutgoingHttpHeaders,
): http.ClientRequest {
  const { request } = server.protocol === "http:" ? http : https;
  return request({
    // Node's own client takes no brackets.
    host: server.hostname.replace(/^\[|\]$/g, ""),
    port: server.port,
    path: `${server.pathname.replace(/\/$/, "")}${path}`,
    method,
    headers: { ...own, ...headers },
    agent: agents[kind],
    ...(auth === undefined ? {} : { auth }),
  });
}

/** Sends the call and waits for the head of its answer. Rejects where none comes. */
export function answerTo(call: http.ClientRequest, body: string | undefined): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    call.once("response", resolve);
    // Stays on: an error after the answer reaches the reader of the answer.
    call.on("error", reject);
    call.end(body);
  });
}

/** The body of a failed call, if it is JSON. */
export async function readError(response: http.IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of response) {
    text += chunk;
    if (text.length > longestErrorBody) break;
  }
  try {
    return JSON.parse(text);
  } catch {
    return { message: `HTTP status ${response.statusCode}: ${text.slice(0, 200)}` };
  }
}

/** A connection that goes on in another protocol. */
export interface Upgraded {
  readonly answer: http.IncomingMessage;
  readonly socket: Duplex;
  /** What came right after the answer. */
  readonly head: Buffer;
}

export interface UpgradeLimits {
  /** Milliseconds for the answer. */
  readonly answerMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Sends a call that asks for another protocol. Throws `ApiError` for any answer but that. */
export async function upgrade(
  call: http.ClientRequest,
  { answerMs, signal }: UpgradeLimits,
): Promise<Upgraded> {
  const limit = AbortSignal.timeout(answerMs);
  const either = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  const stop = () =>
    call.destroy(new ApiError(limit.aborted ? `no answer for ${answerMs / 1_000} s` : "given up"));
  either.addEventListener("abort", stop, { once: true });
  try {
    const answered = await new Promise<Upgraded | http.IncomingMessage>((resolve, reject) => {
      call.once("upgrade", (answer, socket, head) => resolve({ answer, socket, head }));
      call.once("response", resolve);
      call.on("error", reject);
      if (either.aborted) stop();
      else call.end();
    });
    if ("answer" in answered) return answered;
    throw errorFromStatus(answered.statusCode ?? 0, await readError(answered));
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError(reasonOf(error), { cause: error });
  } finally {
    either.removeEventListener("abort", stop);
  }
}
