import { createHash, randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { ApiConnection } from "./api-connection.ts";
import { ApiError } from "./api-error.ts";
import { WebSocketReader, writeFrame } from "./web-socket-frames.ts";

export interface WebSocketOptions {
  /** The only one that is offered. */
  readonly protocol: string;
  /** Milliseconds for the server to agree in. */
  readonly answerMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What comes of an open WebSocket. */
export interface WebSocketEvents {
  readonly onMessage: (message: Buffer) => void;
  /** Once; with the reason when it is no good end. */
  readonly onEnd: (error: Error | undefined) => void;
}

/** An open WebSocket (RFC 6455), for binary messages. */
export interface OpenWebSocket {
  send(message: Buffer, onSent?: (error?: Error | null) => void): void;
  /** Says goodbye and closes the connection. */
  close(): void;
}

// RFC 6455, section 1.3.
const acceptSalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * Opens a WebSocket to a path of the API server. A client of our own, for the API server's words on a refusal tell what
 * to do, and the ready-made ones throw them away. Throws `ApiError`.
 */
export async function openWebSocket(
  connection: Pick<ApiConnection, "upgrade">,
  path: string,
  { protocol, ...limits }: WebSocketOptions,
  events: WebSocketEvents,
): Promise<OpenWebSocket> {
  const key = randomBytes(16).toString("base64");
  const { socket, head, answer } = await connection.upgrade(
    path,
    {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": key,
      "sec-websocket-protocol": protocol,
    },
    limits,
  );
  const accepted = createHash("sha1").update(`${key}${acceptSalt}`).digest("base64");
  if (
    answer.headers["sec-websocket-accept"] !== accepted ||
    answer.headers["sec-websocket-protocol"] !== protocol
  ) {
    socket.destroy();
    throw new ApiError(`the server does not speak ${protocol} over WebSocket`);
  }
  return attach(socket, head, events);
}

function attach(socket: Duplex, head: Buffer, { onMessage, onEnd }: WebSocketEvents): OpenWebSocket {
  let ended = false;
  const end = (error?: Error) => {
    if (ended) return;
    ended = true;
    socket.destroy();
    onEnd(error);
  };
  const reader = new WebSocketReader({
    onMessage,
    onPing: (payload) => void socket.write(writeFrame("pong", payload)),
    onClose: () => end(),
  });
  const read = (chunk: Buffer) => {
    try {
      if (!ended) reader.read(chunk);
    } catch (error) {
      end(error instanceof Error ? error : new Error(String(error)));
    }
  };
  socket.on("error", end);
  socket.on("close", () => end(new ApiError("the connection was closed")));
  socket.on("data", read);
  if (head.length > 0) read(head);
  return {
    send: (message, onSent) => void socket.write(writeFrame("binary", message), onSent),
    close: () => {
      if (!ended) socket.write(writeFrame("close", Buffer.alloc(0)));
      end();
    },
  };
}
