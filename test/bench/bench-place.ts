import { writeFile } from "node:fs/promises";
import type { Agent } from "node:https";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchOptions } from "./options.ts";
import type { ServerProcess, ServerProcesses } from "./server-process.ts";

const sluice = fileURLToPath(new URL("../sluice.js", import.meta.url));
const bench = fileURLToPath(import.meta.url);
const anyPort = "127.0.0.1:0";

/** What all parts of the benchmark share: where they write, how they start servers, whom they tell how far they are. */
export class BenchPlace {
  readonly directory: string;
  readonly options: BenchOptions;
  readonly agent: Agent;
  readonly say: (progress: string) => void;
  readonly #processes: ServerProcesses;
  #started = 0;

  constructor(
    directory: string,
    options: BenchOptions,
    processes: ServerProcesses,
    agent: Agent,
    say: (progress: string) => void,
  ) {
    this.directory = directory;
    this.options = options;
    this.agent = agent;
    this.say = say;
    this.#processes = processes;
  }

  /** Starts `sluice serve` over a folder of manifests. */
  async startWebhook(cluster: string, profiled = true): Promise<ServerProcess> {
    const config = join(this.directory, "config.yaml");
    await writeFile(config, 'kubernetesVersion: "1.33"\n');
    const { profile } = this.options;
    const serve = ["serve", "--cluster", cluster, "--cert-dir", this.#certificates, "--config", config];
    const listen = ["--listen", anyPort, "--ops-listen", anyPort, "--drain-seconds", "0"];
    const profiler = profile === undefined || !profiled ? [] : ["--cpu-prof", "--cpu-prof-dir", profile];
    // As the image starts it.
    return this.#start(["--enable-source-maps", ...profiler, sluice, ...serve, ...listen]);
  }

  startEcho(): Promise<ServerProcess> {
    return this.#start([bench, "echo", this.#certificates]);
  }

  get #certificates(): string {
    return join(this.directory, "certs");
  }

  #start(argv: readonly string[]): Promise<ServerProcess> {
    return this.#processes.start(argv, join(this.directory, `server-${this.#started++}.log`));
  }
}
