import { connect, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clusterOf } from "../support/cluster-of.ts";
import { reviewOf } from "../support/review-builder.ts";
import { startTestServer, type TestServer } from "../support/start-server.ts";

const mebibyte = 1024 * 1024;
const small = reviewOf({ metadata: { name: "p" }, spec: { containers: [{ name: "app" }] } });
const large = reviewOf({
  metadata: { name: "p", annotations: { padding: "x".repeat(mebibyte - 1024) } },
  spec: { containers: [{ name: "app" }] },
});

/** A request whose body never ends. */
interface Unended {
  readonly socket: TLSSocket;
  /** All that came back, once the connection is closed. */
  readonly answer: Promise<string>;
}

let server: TestServer;
let sockets: TLSSocket[];

beforeEach(async () => {
  sockets = [];
  server = await startTestServer({
    cluster: clusterOf({}),
    limits: { bodyBytes: 2 * mebibyte, heldBytes: 4 * mebibyte, connections: 20 },
  });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await server.stop();
});

/** Resolves when the server has begun to read: it says so to whoever asks with "Expect". */
function begin(bytes: number, chunked = false): Promise<Unended> {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port), ca: server.ca, servername: "localhost" });
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    let said = "";
    const answer = new Promise<string>((closed) => socket.on("close", () => closed(said)));
    socket.on("error", reject).on("data", (part) => {
      const begun = said !== "";
      said += String(part);
      if (begun) return;
      if (chunked) socket.write(`${bytes.toString(16)}\r\n`);
      socket.write(Buffer.alloc(bytes, " "));
      resolve({ socket, answer });
    });
    const length = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${2 * mebibyte}`;
    const head = ["Host: x", "Content-Type: application/json", "Expect: 100-continue", length];
    socket.write(["POST /mutate HTTP/1.1", ...head, "", ""].join("\r\n"));
  });
}

const allowed = { status: 200, body: { response: { allowed: true } } };

describe("bodies of many requests at once", () => {
  it("the one that has been on its way for longest gives way, and is told to come back", async () => {
    const oldest = await begin(mebibyte);
    const others = [await begin(mebibyte), await begin(mebibyte)];
    // What was sent has been read by the time that these are answered.
    for (let count = 0; count < 3; count++) expect(await server.post(small)).toMatchObject(allowed);
    expect(await server.post(large)).toMatchObject(allowed);
    const answer = await oldest.answer;
    expect(answer).toMatch(/\r\n\r\nHTTP\/1\.1 503 /);
    expect(answer).toMatch(/^retry-after: 1\r$/m);
    expect(answer).toContain("there is no room for so many large reviews at once: come back");
    expect(others.map(({ socket }) => socket.closed)).toEqual([false, false]);
    const page = await (await fetch(`${server.opsUrl}/metrics`)).text();
    expect(page).toMatch(/^sluice_refused_requests_total\{status="503"\} 1$/m);
  });

  it("small reviews are answered while there is no room for large ones", async () => {
    const begun: Unended[] = [];
    for (let count = 0; count < 3; count++) begun.push(await begin(mebibyte));
    for (let count = 0; count < 20; count++) expect(await server.post(small)).toMatchObject(allowed);
    expect(begun.map(({ socket }) => socket.closed)).toEqual([false, false, false]);
  });

  it("what was answered, refused or broken off takes no room any more", async () => {
    for (let count = 0; count < 8; count++) expect(await server.post(large)).toMatchObject(allowed);
    for (let count = 1; count <= 8; count++) {
      const { socket, answer } = await begin(mebibyte);
      socket.destroy();
      await answer;
      // The server notices later than we do; until then it could be the one that gives way.
      await expect.poll(() => server.log.filter(({ status }) => status === 400).length).toBe(count);
    }
    for (let count = 0; count < 8; count++)
      expect(await (await begin(2 * mebibyte + 1, true)).answer).toMatch(/\r\n\r\nHTTP\/1\.1 413 /);
    const begun: Unended[] = [];
    for (let count = 0; count < 2; count++) begun.push(await begin(mebibyte));
    expect(await server.post(large)).toMatchObject(allowed);
    expect(begun.map(({ socket }) => socket.closed)).toEqual([false, false]);
    expect(server.log.filter(({ msg }) => msg === "error in Sluice")).toEqual([]);
  });
});

it("one connection more than there may be is closed, and those that are open go on", async () => {
  await server.post(small);
  const open: Unended[] = [];
  for (let count = 0; count < 19; count++) open.push(await begin(1));
  await expect(begin(1)).rejects.toThrow(/ECONNRESET|disconnected|EPIPE/);
  expect(await server.post(small)).toMatchObject(allowed);
  expect(open.map(({ socket }) => socket.closed)).not.toContain(true);
});
