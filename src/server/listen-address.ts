import type { AddressInfo } from "node:net";
import { messageOf } from "../types/error-message.ts";

/** Where to listen. Port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** What of a Fastify app is needed to listen. */
interface ListeningApp {
  listen(address: ListenAddress): Promise<string>;
  readonly server: { address(): AddressInfo | string | null };
}

/** An address that cannot be listened on; the message says why and what to do. */
export class ListenError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ListenError";
  }
}

/** Reads "ADDR:PORT", "[ADDR]:PORT" (IPv6) or ":PORT" (every address). Throws `ListenError`. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new ListenError(
      `"${text}" is no address to listen on: write ADDR:PORT, such as 127.0.0.1:8443 or :8443`,
    );
  }
  return { host: match[1] ?? (match[2] || "::"), port };
}

/** "127.0.0.1:8443", "[::1]:8443". */
export function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Listens and returns the address taken. Throws `ListenError` when the address cannot be had. */
export async function listen(app: ListeningApp, wanted: ListenAddress): Promise<ListenAddress> {
  try {
    await app.listen(wanted);
  } catch (cause) {
    throw new ListenError(`cannot listen on ${formatAddress(wanted)}: ${reasonOf(cause)}`, { cause });
  }
  return { host: wanted.host, port: portOf(app) };
}

/** The port that a listening app took. */
export function portOf(app: Pick<ListeningApp, "server">): number {
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return "another process listens there; stop it or choose another port";
  if (code === "EACCES") return "no permission; choose a port from 1024 on";
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return "this machine has no such address";
  return messageOf(error);
}
