import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { TlsIdentity } from "../../e2e/harness/gateway.ts";
import type { Sandbox } from "../../e2e/harness/sandbox.ts";
import type {
  CreateDatasets,
  Created,
  CreatePods,
  LoadAnswer,
  LoadCommand,
  LoadMark,
} from "./load-command.ts";

/** The load process, seen from the one that measures. */
export class LoadClient {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.#lines = lines;
    this.#ended = new Promise((_, reject) => {
      child.once("exit", (code) => reject(new Error(`the load process ended with ${code}`)));
    });
    // Whoever waits for an answer is told; nobody else cares.
    this.#ended.catch(() => undefined);
  }

  /** `program` is this bundle. */
  static async start(
    sandbox: Sandbox,
    program: string,
    address: string,
    tls: TlsIdentity,
  ): Promise<LoadClient> {
    const [command = "", ...args] = sandbox.command([process.execPath, program, "load"]);
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    const load = new LoadClient(child, createInterface({ input: child.stdout }));
    await load.#tell({ do: "connect", address, tls }, () => undefined);
    return load;
  }

  /** `onMark` is called when what is created begins to count, and counts no more. Rejects at the first wrong pod. */
  async createPods(
    command: Omit<CreatePods, "do">,
    onMark: (mark: LoadMark) => void = () => undefined,
  ): Promise<Created> {
    const created = await this.#tell({ do: "create pods", ...command }, ({ said }) => {
      if (said === "begun" || said === "ended") onMark(said);
    });
    if (created === undefined) throw new Error("the load process told nothing");
    return created;
  }

  async createDatasets(
    command: Omit<CreateDatasets, "do">,
    onProgress: (done: number) => void,
  ): Promise<void> {
    await this.#tell({ do: "create datasets", ...command }, (answer) => {
      if (answer.said === "progress") onProgress(answer.done);
    });
  }

  async #tell(command: LoadCommand, listen: (answer: LoadAnswer) => void): Promise<Created | undefined> {
    const answered = new Promise<Created | undefined>((resolve, reject) => {
      const onLine = (line: string): void => {
        const answer: LoadAnswer = JSON.parse(line);
        listen(answer);
        if (answer.said !== "done" && answer.said !== "failed") return;
        this.#lines.off("line", onLine);
        if (answer.said === "done") resolve(answer.created);
        else reject(new Error(answer.message));
      };
      this.#lines.on("line", onLine);
    });
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
    return Promise.race([answered, this.#ended]);
  }
}
