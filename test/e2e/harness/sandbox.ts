import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { eventually } from "./eventually.ts";
import { childrenOf, tryKill } from "./processes.ts";

/**
 * Network, process and mount namespaces of our own: pods have addresses there that the API server accepts for
 * endpoints, and all that was started in it ends with its process 1, which ends when this process does.
 */
export class Sandbox {
  readonly #holder: ChildProcess;
  readonly #init: number;

  private constructor(holder: ChildProcess, init: number) {
    this.#holder = holder;
    this.#init = init;
  }

  /**
   * `addresses` are those that are to exist in it, such as "10.10.0.11". `setUp` are lines of shell to run in it first;
   * `reaper` is a program to be its process 1, before a command, where orphans have to be reaped.
   */
  static async open(
    addresses: readonly string[],
    setUp: readonly string[] = [],
    reaper: readonly string[] = [],
  ): Promise<Sandbox> {
    const links = ["ip link set lo up", ...addresses.map((address) => `ip addr add ${address}/32 dev lo`)];
    // It reads until our end of the pipe is closed, be it because we were killed.
    const script = `set -e; ${[...links, ...setUp, "echo up"].join("\n")}\nexec ${[...reaper, "cat"].join(" ")}`;
    const holder = spawn("unshare", [...flags(), "sh", "-c", script], { stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    for (const stream of [holder.stdout, holder.stderr])
      stream?.on("data", (text: Buffer) => {
        said += text.toString();
      });
    const ended = new Promise<void>((resolve) => holder.once("exit", () => resolve()));
    await Promise.race([ended, eventually("the sandbox is up", () => said.startsWith("up"))]);
    const init = childrenOf(holder.pid ?? 0)[0];
    if (!said.startsWith("up") || init === undefined) throw new Error(`no sandbox: ${said}`);
    return new Sandbox(holder, init);
  }

  /** Its process 1, by our own count. */
  get pid(): number {
    return this.#init;
  }

  /** The command that runs `argv` inside. */
  command(argv: readonly string[]): string[] {
    const user = isRoot() ? [] : ["--user", "--preserve-credentials"];
    return ["nsenter", "-t", String(this.#init), "--net", "--pid", "--mount", ...user, "--", ...argv];
  }

  /** Ends all that runs inside. */
  async close(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#holder.once("exit", () => resolve()));
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    tryKill(this.#init, "SIGKILL");
    await ended;
  }
}

/** Why there can be no sandbox here; undefined if there can. */
export function whyNoSandbox(): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  const trial = spawnSync("unshare", [...flags(), "ip", "link", "set", "lo", "up"], { encoding: "utf8" });
  if (trial.error !== undefined) return "needs unshare (util-linux)";
  if (trial.status === 0) return undefined;
  return `may have no network namespace of its own, run it as root: ${trial.stderr.trim()}`;
}

function flags(): string[] {
  const own = ["--net", "--pid", "--mount", "--fork", "--kill-child"];
  return isRoot() ? own : ["--user", "--map-root-user", ...own];
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
