import { existsSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { eventually } from "./eventually.ts";
import { Running } from "./processes.ts";
import type { Sandbox } from "./sandbox.ts";

/** Leads connections of this process to addresses inside the sandbox. */
export class Gateway {
  readonly #socketFile: string;

  private constructor(socketFile: string) {
    this.#socketFile = socketFile;
  }

  static async open(sandbox: Sandbox, folder: string): Promise<Gateway> {
    const socketFile = join(folder, "gateway.sock");
    const program = new URL("socket-to-port.js", import.meta.url).pathname;
    const running = new Running(
      "gateway",
      sandbox.command([process.execPath, program, socketFile]),
      join(folder, "gateway.log"),
    );
    await eventually("the gateway listens", () => {
      if (!running.running) throw new Error(running.log());
      return existsSync(socketFile);
    });
    return new Gateway(socketFile);
  }

  /** `address` is "HOST:PORT". */
  connect(address: string): Socket {
    const socket = connect(this.#socketFile);
    socket.write(`${address}\n`);
    return socket;
  }

  httpAgent(address: string): HttpAgent {
    const agent = new HttpAgent({ keepAlive: false });
    return Object.assign(agent, { createConnection: () => this.connect(address) });
  }

  /** `tls`: whom to trust and who we are. */
  httpsAgent(address: string, tls: TlsIdentity, maxSockets = 64): HttpsAgent {
    const agent = new HttpsAgent({ keepAlive: true, maxSockets });
    const createConnection = () =>
      connectTls({
        ...tls,
        socket: this.connect(address),
        servername: "kubernetes",
        ALPNProtocols: ["http/1.1"],
      });
    return Object.assign(agent, { createConnection });
  }
}

export interface TlsIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}
