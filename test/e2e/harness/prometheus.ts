import { spawnSync } from "node:child_process";
import { mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";
import { at, type Fields, fieldsOf, listAt } from "./fields.ts";
import { Running } from "./processes.ts";
import type { TestCluster } from "./test-cluster.ts";

/** What is scraped: a pod's name and its "HOST:PORT". */
export interface Target {
  readonly pod: string;
  readonly address: string;
}

/** A sample as Prometheus stored it; the time in seconds since 1970. */
export type Sample = readonly [time: number, value: number];

// In the sandbox's own network, so that no other program is in the way.
const address = "127.0.0.1:9090";

/** Why there is no Prometheus here; "" if there is. */
export function whyNoPrometheus(): string {
  return spawnSync("prometheus", ["--version"]).status === 0
    ? ""
    : "there is no prometheus; it is a Debian package of that name";
}

/** A Prometheus as Debian has it, which scrapes each second under the job name that the alerts go by. */
export class Prometheus {
  readonly #cluster: TestCluster;
  readonly #targetFile: string;

  private constructor(cluster: TestCluster, targetFile: string) {
    this.#cluster = cluster;
    this.#targetFile = targetFile;
  }

  /** `ruleFiles` are absolute paths. */
  /** It ends with the test. */
  static async start(
    cluster: TestCluster,
    ruleFiles: readonly string[],
    targets: readonly Target[],
  ): Promise<Prometheus> {
    const folder = mkdtempSync(join(cluster.plane.folder, "prometheus-"));
    const targetFile = join(folder, "targets.json");
    const configFile = join(folder, "prometheus.json");
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
      rule_files: ruleFiles,
      scrape_configs: [
        {
          job_name: "sluice-metrics",
          file_sd_configs: [{ files: [targetFile], refresh_interval: "1s" }],
        },
      ],
    };
    writeFileSync(configFile, JSON.stringify(config));
    const running = new Running(
      "prometheus",
      cluster.sandbox.command([
        "prometheus",
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=${address}`,
        "--log.level=warn",
      ]),
      join(folder, "prometheus.log"),
    );
    onTestFinished(() => running.stop("SIGTERM"));
    const prometheus = new Prometheus(cluster, targetFile);
    prometheus.scrape(targets);
    await eventually("Prometheus is ready", async () => {
      if (!running.running) throw new Error(running.log());
      return (await prometheus.#ask("/-/ready")).status === 200;
    });
    return prometheus;
  }

  /** From now on these, and no others. */
  scrape(targets: readonly Target[]): void {
    const groups = targets.map((target) => ({ targets: [target.address], labels: { pod: target.pod } }));
    writeFileSync(`${this.#targetFile}.new`, JSON.stringify(groups));
    renameSync(`${this.#targetFile}.new`, this.#targetFile);
  }

  /** The series that an expression has now. Throws where Prometheus refuses it. */
  async query(expression: string): Promise<readonly Fields[]> {
    return listAt(await this.#data(`query?query=${encodeURIComponent(expression)}`), "result");
  }

  /** The one value of an expression now; undefined where it has none. */
  async value(expression: string): Promise<number | undefined> {
    const [series] = await this.query(expression);
    return series === undefined ? undefined : Number(at(series, "value", 1));
  }

  /** The samples of the last ten minutes of the one series that a selector selects. */
  async samples(selector: string): Promise<readonly Sample[]> {
    const [series] = await this.query(`${selector}[10m]`);
    const values = at(series, "values");
    if (!Array.isArray(values)) return [];
    return values.map((pair): Sample => [Number(at(pair, 0)), Number(at(pair, 1))]);
  }

  /** Rules as Prometheus evaluates them: {name, health, state, lastError}. */
  async rules(): Promise<readonly Fields[]> {
    return listAt(await this.#data("rules"), "groups").flatMap((group) => listAt(group, "rules"));
  }

  async #data(path: string): Promise<Fields> {
    const { status, text } = await this.#ask(`/api/v1/${path}`);
    if (status !== 200) throw new Error(`${path}: ${status} ${text.slice(0, 300)}`);
    return fieldsOf(at(JSON.parse(text), "data"));
  }

  #ask(path: string): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const agent = this.#cluster.plane.gateway.httpAgent(address);
      const asked = request({ agent, host: "127.0.0.1", path, timeout: 10_000 }, (response) => {
        let text = "";
        response.on("data", (part: Buffer) => {
          text += part.toString();
        });
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      asked.on("timeout", () => asked.destroy(new Error("no answer within 10 s")));
      asked.on("error", reject);
      asked.end();
    });
  }
}
