import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../src/cli/parse-options.ts";
import { BenchPlace } from "./bench-place.ts";
import { runEchoServer } from "./echo-server.ts";
import { measureFirstAdmission } from "./first-admission.ts";
import { type BenchOptions, benchHelp, readBenchOptions } from "./options.ts";
import { openAgent } from "./post.ts";
import { formatReport, type Results } from "./report.ts";
import { measureScale } from "./scale.ts";
import { ServerProcesses } from "./server-process.ts";
import { measureThroughput, writeSmallCluster } from "./throughput.ts";

async function main(argv: readonly string[]): Promise<void> {
  const [role, certDir = ""] = argv;
  if (role === "echo") return runEchoServer(certDir);
  const options = readBenchOptions(argv);
  if (options === "help") {
    process.stdout.write(benchHelp);
    return;
  }
  const results = await bench(options);
  process.stdout.write(`${formatReport(results, options)}`);
  if (options.json !== undefined) await writeFile(options.json, JSON.stringify(results, undefined, 1));
}

async function bench(options: BenchOptions): Promise<Results> {
  const directory = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const processes = new ServerProcesses();
  process.once("exit", () => {
    processes.killAll();
    rmSync(directory, { recursive: true, force: true });
  });
  const begin = performance.now();
  const say = (progress: string): void => {
    const seconds = ((performance.now() - begin) / 1000).toFixed(0).padStart(4);
    process.stderr.write(`${seconds} s  ${progress}\n`);
  };
  const agent = openAgent();
  const place = new BenchPlace(directory, options, processes, agent, say);
  const cluster = await writeSmallCluster(place);
  const throughput = await measureThroughput(place, cluster);
  const firstAdmission = await measureFirstAdmission(place, cluster);
  const scale = await measureScale(place);
  agent.destroy();
  return { throughput, firstAdmission, scale };
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
try {
  await main(process.argv.slice(2));
} catch (error) {
  const usage = error instanceof UsageError;
  const told = error instanceof Error && !usage ? error.stack : error;
  process.stderr.write(`bench: ${usage ? error.message : told}\n`);
  process.exit(usage ? 2 : 1);
}
