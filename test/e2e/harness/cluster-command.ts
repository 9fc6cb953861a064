import { execFile } from "node:child_process";
import type { Sandbox } from "./sandbox.ts";

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that is run inside the sandbox as the administrator, such as kubectl or helm. */
export class ClusterCommand {
  readonly #name: string;
  readonly #command: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;

  /** `argv` is the program and what it is always told, how to reach the cluster among it. */
  constructor(
    sandbox: Sandbox,
    name: string,
    argv: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.#name = name;
    this.#command = sandbox.command(argv);
    this.#environment = environment;
  }

  /** Runs it to its end, whatever that is. `input` comes on standard input. */
  run(args: readonly string[], input = "", env: Readonly<Record<string, string>> = {}): Promise<Said> {
    const [program = "", ...rest] = this.#command;
    const environment = { ...process.env, ...this.#environment, ...env };
    return new Promise((resolve, reject) => {
      const options = { maxBuffer: 64 * 1024 * 1024, timeout: 120_000, env: environment };
      const child = execFile(program, [...rest, ...args], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === "number") resolve({ code, stdout, stderr });
        else reject(new Error(`${this.#name} ${args.join(" ")}: ${error?.message}`));
      });
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
    });
  }

  /** What it prints; rejects with what it says when it fails. */
  async do(args: readonly string[], input = ""): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, input);
    if (code !== 0) throw new Error(`${this.#name} ${args.join(" ")} ended with ${code}: ${stderr.trim()}`);
    return stdout;
  }
}
