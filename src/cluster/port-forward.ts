import { Duplex } from "node:stream";
import type { ApiConnection } from "./api-connection.ts";
import { ApiError } from "./api-error.ts";
import { type OpenWebSocket, openWebSocket } from "./web-socket.ts";

/** A port that a container of the pod listens on. */
export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

// Kubernetes: k8s.io/kubelet, pkg/cri/streaming/portforward/websocket.go. Every message begins with its channel; the
// first of each channel from the server carries the port's number and nothing else.
const protocol = "v4.channel.k8s.io";
const channels = { data: 0, error: 1 } as const;

/**
 * A connection to a port of a pod, through the API server and the pod's kubelet, as `kubectl port-forward` makes it.
 * `answerMs` are the milliseconds for it to stand in. Throws `ApiError`; a pod that does not listen is an error of the stream.
 */
export async function forwardPort(
  connection: Pick<ApiConnection, "upgrade">,
  { namespace, pod, port }: PodPort,
  limits: { readonly answerMs: number; readonly signal?: AbortSignal | undefined },
): Promise<Duplex> {
  const place = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`;
  const stream = new ForwardedPort();
  const socket = await openWebSocket(
    connection,
    `${place}/portforward?ports=${port}`,
    { protocol, ...limits },
    { onMessage: (message) => stream.receive(message), onEnd: (error) => stream.finish(error) },
  );
  stream.open(socket);
  return stream;
}

class ForwardedPort extends Duplex {
  #socket: OpenWebSocket | undefined;
  /** Channels whose first message, the port's number, has arrived. */
  readonly #begun = new Set<number>();

  open(socket: OpenWebSocket): void {
    this.#socket = socket;
    if (this.destroyed) socket.close();
  }

  receive(message: Buffer): void {
    const [channel = -1] = message;
    const content = message.subarray(1);
    if (!this.#begun.has(channel)) {
      this.#begun.add(channel);
      return;
    }
    if (channel === channels.data) this.push(content);
    else if (channel === channels.error) this.destroy(new ApiError(content.toString("utf8").trim()));
  }

  finish(error: Error | undefined): void {
    if (error === undefined) this.push(null);
    else this.destroy(error);
  }

  override _read(): void {
    // What is asked for here is a few kilobytes: it may all come at once.
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket?.send(Buffer.concat([Buffer.from([channels.data]), chunk]), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket?.close();
    done(error);
  }
}
