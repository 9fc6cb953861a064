import { childrenOf, Running, tryKill } from "../../e2e/harness/processes.ts";

/** A program inside the node's sandbox that has children of its own. */
export class NodeProgram {
  readonly #running: Running;
  readonly #pid: number;

  constructor(name: string, argv: readonly string[], logFile: string, path: string) {
    this.#running = new Running(name, argv, logFile, {
      env: { ...process.env, PATH: `${path}:${process.env["PATH"] ?? ""}` },
    });
    this.#pid = this.#running.entry;
  }

  get running(): boolean {
    return this.#running.running;
  }

  /** Ends it alone: what it has started goes on. */
  async stop(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const [program] = childrenOf(this.#pid);
    if (program !== undefined) tryKill(program, signal);
    await this.#running.ended;
  }

  log(): string {
    return this.#running.log();
  }
}
