import { execFile } from "node:child_process";
import type { Sandbox } from "./sandbox.ts";

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The kubectl of the control plane's version, as the administrator. */
export class Kubectl {
  readonly #command: readonly string[];

  constructor(sandbox: Sandbox, program: string, kubeconfig: string, cacheFolder: string) {
    this.#command = sandbox.command([program, `--kubeconfig=${kubeconfig}`, `--cache-dir=${cacheFolder}`]);
  }

  /** Runs it to its end, whatever that is. `input` comes on standard input. */
  run(args: readonly string[], input = "", env: Readonly<Record<string, string>> = {}): Promise<Said> {
    const [program = "", ...rest] = this.#command;
    return new Promise((resolve, reject) => {
      const options = { maxBuffer: 64 * 1024 * 1024, timeout: 120_000, env: { ...process.env, ...env } };
      const child = execFile(program, [...rest, ...args], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === "number") resolve({ code, stdout, stderr });
        else reject(new Error(`kubectl ${args.join(" ")}: ${error?.message}`));
      });
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
    });
  }

  /** What it prints; rejects with what it says when it fails. */
  async do(args: readonly string[], input = ""): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}: ${stderr.trim()}`);
    return stdout;
  }
}
