import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { Running } from "./processes.ts";
import { sluiceNamespace } from "./replicas.ts";
import type { TestCluster } from "./test-cluster.ts";

const port = 7443;

/** What is done to calls and answers on their way; see api-proxy.js. */
export type ProxyMode = "pass" | "storm" | "silent" | "reset" | "slow" | "half" | "half-pages";

/** Stands between the replicas and the API server. */
export class ApiProxy {
  readonly running: Running;
  readonly #modeFile: string;
  readonly #callsFile: string;

  private constructor(running: Running, modeFile: string, callsFile: string) {
    this.running = running;
    this.#modeFile = modeFile;
    this.#callsFile = callsFile;
  }

  /** Resolves when the replicas, which are started again for it, reach the API server by way of it. */
  static async open(cluster: TestCluster): Promise<ApiProxy> {
    const { kubectl, plane, replicas, sandbox } = cluster;
    const folder = join(plane.folder, "api-proxy");
    mkdirSync(folder);
    const [modeFile, callsFile] = [join(folder, "mode"), join(folder, "calls")];
    writeFileSync(modeFile, "pass");
    const program = new URL("api-proxy.js", import.meta.url).pathname;
    const pair = ["apiserver.crt", "apiserver.key"].map((file) => join(plane.pki.folder, file));
    const argv = [process.execPath, program, String(port), "6443", ...pair, modeFile, callsFile];
    const running = new Running("api-proxy", sandbox.command(argv), join(folder, "log"));
    await eventually("the proxy listens", () => running.log().includes("listening"));
    const place = ["deployment/sluice", "-n", sluiceNamespace];
    await kubectl.do(["set", "env", ...place, `KUBERNETES_SERVICE_PORT=${port}`]);
    await kubectl.do(["rollout", "status", ...place]);
    await replicas.ready();
    return new ApiProxy(running, modeFile, callsFile);
  }

  /** Resolves when so many calls are under way: watches that were broken begin again after a pause. */
  async carries(calls: number): Promise<void> {
    await eventually(`${calls} calls are under way`, () => {
      const now = Number(readFileSync(this.#callsFile, "utf8"));
      if (now < calls) throw new Error(`it is ${now}`);
      return true;
    });
  }

  /** Resolves when it does so, with how many calls that broke. */
  async turn(mode: ProxyMode): Promise<number> {
    if (readFileSync(this.#modeFile, "utf8") === mode) return 0;
    const before = this.#begun(mode).length;
    writeFileSync(this.#modeFile, mode);
    const line = await eventually(`the proxy's ${mode} begins`, () => this.#begun(mode)[before], {
      pauseMs: 10,
    });
    return Number(/: (\d+) calls/.exec(line)?.[1]);
  }

  /** How many lists did not come to their end in a mode that is over. */
  halvedIn(mode: ProxyMode): number {
    const told = [...this.running.log().matchAll(new RegExp(`, (\\d+) lists were halved in ${mode}$`, "gm"))];
    return Number(told.at(-1)?.[1] ?? 0);
  }

  #begun(mode: ProxyMode): string[] {
    const lines = this.running.log().split("\n");
    return lines.filter((line) => line.startsWith(`${mode} begins`));
  }
}
