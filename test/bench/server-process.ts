import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, truncateSync } from "node:fs";

/** A server under measurement, in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  /** "https://127.0.0.1:41234". */
  readonly url: string;
  /** From starting the process to its word that it is ready. */
  readonly startMs: number;
  /** Forgets the log so far, for one line is written for each review. */
  trimLog(): void;
  stop(): Promise<void>;
}

const readyWithinMs = 60_000;
const stopWithinMs = 10_000;

/** Starts servers and sees to it that none is left behind. */
export class ServerProcesses {
  readonly #children = new Set<ChildProcess>();

  /**
   * Starts Node with `argv` and waits for the line that tells the server's address. The log, which goes to `logFile`,
   * is as costly as in a cluster: it is written. Rejects when the process ends or is not ready in time.
   */
  async start(argv: readonly string[], logFile: string): Promise<ServerProcess> {
    const begin = performance.now();
    const log = openSync(logFile, "a");
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", log] });
    closeSync(log);
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    try {
      const url = await addressIn(child);
      return {
        pid: child.pid ?? 0,
        url,
        startMs: performance.now() - begin,
        trimLog: () => truncateSync(logFile),
        stop: () => end(child, ended),
      };
    } catch (error) {
      child.kill("SIGKILL");
      const said = readFileSync(logFile, "utf8").slice(-2_000);
      throw new Error(`${argv.join(" ")}: ${error instanceof Error ? error.message : error}\n${said}`);
    }
  }

  /** Ends what still runs, at once. */
  killAll(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }
}

function addressIn(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => reject(new Error("not ready in time")), readyWithinMs);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`ended with exit code ${code}`)));
    child.stdout?.on("data", (chunk) => {
      said += String(chunk);
      const url = /https:\/\/[^\s)]+/.exec(said)?.[0];
      if (url === undefined || !said.includes("\n")) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

/** By SIGINT, on which the webhook does not pause; by SIGKILL when that takes too long. */
async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  const timer = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
  child.kill("SIGINT");
  await ended;
  clearTimeout(timer);
}
