import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

/** A program that runs until it is told to stop; all it says goes to a file. */
export class Running {
  readonly name: string;
  readonly logFile: string;
  readonly #child: ChildProcess;
  /** With the exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;

  constructor(name: string, argv: readonly string[], logFile: string, options: SpawnOptions = {}) {
    const [program = "", ...rest] = argv;
    const log = openSync(logFile, "a");
    this.name = name;
    this.logFile = logFile;
    this.#child = spawn(program, rest, { ...options, stdio: ["ignore", log, log] });
    closeSync(log);
    this.ended = new Promise((resolve) => {
      this.#child.once("exit", resolve);
      this.#child.once("error", () => resolve(null));
    });
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Of what was spawned, which may only have brought the program into its namespaces. */
  get entry(): number {
    return this.#child.pid ?? 0;
  }

  /** Of the program itself. */
  get pid(): number {
    return innermost(this.#child.pid ?? 0)[0] ?? 0;
  }

  /** To the program itself: what was spawned only brought it into its namespaces. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || !this.running) return;
    // What brought it there stops with it (util-linux), and is not continued by anybody else.
    const targets = signal === "SIGCONT" ? allUnder(pid) : innermost(pid);
    for (const target of targets) tryKill(target, signal);
  }

  /** CPU seconds used so far by the program itself. */
  cpuSeconds(): number {
    const [pid] = innermost(this.#child.pid ?? 0);
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.signal(signal);
    await this.ended;
  }

  log(): string {
    return readFileSync(this.logFile, "utf8");
  }
}

/** The processes under `pid` that started no other. */
export function innermost(pid: number): number[] {
  const children = childrenOf(pid);
  return children.length === 0 ? [pid] : children.flatMap(innermost);
}

/** `pid` and all that it and its children started. */
function allUnder(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(allUnder)];
}

export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}

export function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
