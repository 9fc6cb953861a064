import { randomBytes } from "node:crypto";

/** What arrives on a WebSocket. */
export interface WebSocketHandlers {
  /** A whole message, of text or binary. */
  readonly onMessage: (message: Buffer) => void;
  readonly onPing: (payload: Buffer) => void;
  readonly onClose: () => void;
}

// RFC 6455, section 5.2.
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const longestMessage = 16 * 1024 * 1024;

/** A frame as a client sends it: whole, and masked with random bytes. */
export function writeFrame(kind: keyof typeof opcodes, payload: Buffer): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcodes[kind];
  header[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  return Buffer.concat([header, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
  /** Bytes of the frame with its header. */
  readonly size: number;
}

/** Puts messages together from what a server sends, in whatever pieces it arrives. */
export class WebSocketReader {
  readonly #handlers: WebSocketHandlers;
  #rest: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];

  constructor(handlers: WebSocketHandlers) {
    this.#handlers = handlers;
  }

  /** Throws when it is no WebSocket, or a message is longer than 16 MiB. */
  read(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let frame = firstFrame(this.#rest); frame !== undefined; frame = firstFrame(this.#rest)) {
      this.#rest = this.#rest.subarray(frame.size);
      this.#take(frame);
    }
  }

  #take({ final, opcode, payload }: Frame): void {
    if (opcode === opcodes.close) this.#handlers.onClose();
    else if (opcode === opcodes.ping) this.#handlers.onPing(payload);
    else if (opcode <= opcodes.binary) this.#collect(final, payload);
    else if (opcode !== opcodes.pong) throw new Error(`a WebSocket frame of unknown kind ${opcode}`);
  }

  #collect(final: boolean, payload: Buffer): void {
    this.#parts.push(payload);
    if (this.#parts.reduce((sum, part) => sum + part.length, 0) > longestMessage)
      throw new Error("a WebSocket message of more than 16 MiB");
    if (!final) return;
    const message = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#handlers.onMessage(message);
  }
}

/** The frame that `bytes` begins with; undefined while it has not arrived whole. */
function firstFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  if ((first & 0x70) !== 0 || (second & 0x80) !== 0) throw new Error("this is no WebSocket of a server");
  const short = second & 0x7f;
  const header = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < header) return undefined;
  const length =
    header === 2 ? short : header === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (length > longestMessage) throw new Error("a WebSocket message of more than 16 MiB");
  const size = header + length;
  if (bytes.length < size) return undefined;
  return { final: (first & 0x80) !== 0, opcode: first & 0x0f, payload: bytes.subarray(header, size), size };
}
