import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/**
 * Answers an upgrade as a kubelet does for pods/portforward over WebSocket (v4.channel.k8s.io, one port): the port's
 * number first on both channels, then the data; what goes wrong is told on the error channel. `connect` leads to the pod.
 */
export function servePortForward(request: IncomingMessage, socket: Duplex, connect: () => Duplex): void {
  const { searchParams } = new URL(request.url ?? "/", "https://kubelet");
  const port = Number(searchParams.get("ports") ?? searchParams.get("port"));
  const accept = createHash("sha1")
    .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  socket.write(
    `${[...lines, `Sec-WebSocket-Accept: ${accept}`, "Sec-WebSocket-Protocol: v4.channel.k8s.io"].join("\r\n")}\r\n\r\n`,
  );
  const number = Buffer.alloc(2);
  number.writeUInt16LE(port);
  for (const channel of [0, 1]) socket.write(frame(channel, number));
  const pod = connect();
  pod.on("data", (data: Buffer) => socket.write(frame(0, data)));
  pod.on("error", (error) =>
    socket.write(frame(1, Buffer.from(`error forwarding port ${port}: ${error.message}`))),
  );
  pod.on("close", () => socket.end(Buffer.from([0x88, 0])));
  socket.on("error", () => pod.destroy());
  socket.on("close", () => pod.destroy());
  let rest = Buffer.alloc(0);
  socket.on("data", (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (let found = unmasked(rest); found !== undefined; found = unmasked(rest)) {
      rest = rest.subarray(found.size);
      if (found.opcode === 8) socket.destroy();
      else if (found.opcode === 2 && found.payload[0] === 0) pod.write(found.payload.subarray(1));
    }
  });
}

/** A binary message on a channel, unmasked as servers send it. */
function frame(channel: number, data: Buffer): Buffer {
  const length = data.length + 1;
  const header =
    length < 126 ? Buffer.from([0x82, length]) : Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (length >= 126) header.writeUInt32BE(length, 6);
  return Buffer.concat([header, Buffer.from([channel]), data]);
}

/** The first whole frame of a client. */
function unmasked(bytes: Buffer): { opcode: number; payload: Buffer; size: number } | undefined {
  const short = (bytes[1] ?? 0) & 0x7f;
  const begin = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < begin + 4) return undefined;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : bytes.readUInt32BE(6);
  const size = begin + 4 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(begin, begin + 4);
  const payload = Buffer.from(
    bytes.subarray(begin + 4, size).map((byte, index) => byte ^ (mask[index % 4] ?? 0)),
  );
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload, size };
}
