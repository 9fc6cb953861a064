import { once } from "node:events";
import { createServer as createHttpServer, get, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ApiConnection } from "../../src/cluster/api-connection.ts";
import { loadKubeConfig } from "../../src/cluster/kube-config.ts";
import { forwardPort } from "../../src/cluster/port-forward.ts";
import { WebSocketReader, writeFrame } from "../../src/cluster/web-socket-frames.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { Closing, startApi } from "../support/live-cluster.ts";
import { servePortForward } from "../support/port-forward-server.ts";

const closing = new Closing();
let api: FakeApiServer;
let connection: ApiConnection;
beforeEach(async () => {
  api = await startApi(closing);
  connection = new ApiConnection(() => loadKubeConfig({ kubeconfig: api.kubeconfig }));
  closing.add(async () => connection.close());
});
afterEach(() => closing.all());

const place = { namespace: "sluice-system", pod: "sluice-0", port: 8080 };
const limits = { answerMs: 2_000 };

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.add(async () => void server.close());
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

function ask(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: "pod", path: "/readyz", createConnection: () => stream }, (response) => {
      let text = "";
      response.on("data", (part) => {
        text += part;
      });
      response.on("end", () => resolve(text));
    }).on("error", reject);
  });
}

describe("a port of a pod", () => {
  it.each([10, 200, 70_000, 1_000_000])("answers over the API server, %i bytes", async (size) => {
    const pod = createHttpServer((request, response) => {
      response.end(`${request.url} ${"x".repeat(size)}`);
    });
    const port = await listening(pod);
    const asked: IncomingMessage[] = [];
    api.onUpgrade = (request, socket) => {
      asked.push(request);
      servePortForward(request, socket, () => connect(port, "127.0.0.1"));
    };
    const answer = await ask(await forwardPort(connection, place, limits));
    expect(answer).toBe(`/readyz ${"x".repeat(size)}`);
    expect(
      asked.map(({ url, headers }) => [url, headers.authorization, headers["sec-websocket-protocol"]]),
    ).toEqual([
      [
        "/api/v1/namespaces/sluice-system/pods/sluice-0/portforward?ports=8080",
        "Bearer secret",
        "v4.channel.k8s.io",
      ],
    ]);
  });

  it("that nobody listens on is an error that says so", async () => {
    const closed = createHttpServer();
    const port = await listening(closed);
    await new Promise((resolve) => closed.close(resolve));
    api.onUpgrade = (request, socket) => servePortForward(request, socket, () => connect(port, "127.0.0.1"));
    const stream = await forwardPort(connection, place, limits);
    await expect(once(stream, "data")).rejects.toThrow(/error forwarding port 8080: connect ECONNREFUSED/);
  });

  it("that may not be forwarded is told in the API server's words", async () => {
    await expect(forwardPort(connection, place, limits)).rejects.toMatchObject({
      status: 403,
      message: 'pods "sluice-0" is forbidden: no portforward',
    });
  });

  it.each([
    ["another protocol", "Sec-WebSocket-Accept: nonsense\r\n\r\n", "does not speak v4.channel.k8s.io"],
    ["nothing", undefined, "no answer for 0.2 s"],
  ])("is given up when the server answers %s", async (_, said, message) => {
    api.onUpgrade = (_request, socket) => {
      if (said !== undefined)
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${said}`,
        );
    };
    await expect(forwardPort(connection, place, { answerMs: 200 })).rejects.toThrow(message);
  });

  it("ends with an error when the connection is cut, and cleanly at its end", async () => {
    const sockets: Duplex[] = [];
    api.onUpgrade = (request, socket) => {
      sockets.push(socket);
      servePortForward(request, socket, () => new Socket());
    };
    const cut = await forwardPort(connection, place, limits);
    sockets[0]?.destroy();
    await expect(once(cut, "data")).rejects.toThrow();
    const ended = await forwardPort(connection, place, limits);
    sockets[1]?.write(Buffer.from([0x88, 0]));
    ended.resume();
    await once(ended, "end");
  });
});

describe("what arrives on a WebSocket", () => {
  function read(...chunks: Buffer[]): string[] {
    const seen: string[] = [];
    const reader = new WebSocketReader({
      onMessage: (message) => seen.push(message.length > 20 ? `${message.length} bytes` : message.toString()),
      onPing: (payload) => seen.push(`ping ${payload}`),
      onClose: () => seen.push("close"),
    });
    for (const chunk of chunks) reader.read(chunk);
    return seen;
  }
  const text = (first: number, payload: string) =>
    Buffer.concat([Buffer.from([first, payload.length]), Buffer.from(payload)]);
  const long = (size: number) => {
    const header =
      size < 65_536 ? Buffer.from([0x82, 126, 0, 0]) : Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    if (size < 65_536) header.writeUInt16BE(size, 2);
    else header.writeUInt32BE(size, 6);
    return Buffer.concat([header, Buffer.alloc(size)]);
  };

  it.each([
    ["a message", [text(0x82, "one")], ["one"]],
    ["two at once", [Buffer.concat([text(0x82, "one"), text(0x82, "two")])], ["one", "two"]],
    ["one in single bytes", [...text(0x82, "one")].map((byte) => Buffer.from([byte])), ["one"]],
    [
      "one in parts with a ping between",
      [text(0x02, "a"), text(0x89, "p"), text(0x80, "b")],
      ["ping p", "ab"],
    ],
    ["lengths of two bytes", [long(126), long(65_535)], ["126 bytes", "65535 bytes"]],
    ["lengths of eight bytes", [long(65_536)], ["65536 bytes"]],
    ["a pong and an end", [text(0x8a, ""), text(0x88, "")], ["close"]],
  ])("%s", (_, chunks, expected) => expect(read(...chunks)).toEqual(expected));

  it.each([
    ["a masked frame", writeFrame("binary", Buffer.from("a")), "no WebSocket of a server"],
    ["HTTP", Buffer.from("HTTP/1.1 400"), /no WebSocket|unknown kind/],
    ["an unknown kind", Buffer.from([0x83, 0]), "unknown kind 3"],
    ["a length out of all reason", Buffer.from([0x82, 127, 0, 1, 0, 0, 0, 0, 0, 0]), "more than 16 MiB"],
  ])("refuses %s", (_, chunk, message) => expect(() => read(chunk)).toThrow(message));
});
