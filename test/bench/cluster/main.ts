import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../../src/cli/parse-options.ts";
import { textAt } from "../../e2e/harness/fields.ts";
import { Sandbox } from "../../e2e/harness/sandbox.ts";
import { BenchCluster, sandboxAddresses } from "./bench-cluster.ts";
import { measureCompany } from "./company.ts";
import { measureCreations } from "./creations.ts";
import { findControlPlane, NoCluster } from "./find-control-plane.ts";
import { runLeastWebhook } from "./least-webhook.ts";
import { runLoadProcess } from "./load-process.ts";
import { type BenchClusterOptions, benchClusterHelp, readBenchClusterOptions } from "./options.ts";
import { profileInjecting } from "./profile.ts";
import { Registration } from "./registration.ts";
import { formatReport } from "./report.ts";
import type { Results } from "./results.ts";
import { measureRollouts } from "./rollout.ts";
import { measureScale } from "./scale.ts";

// The bundle lies in dist/bench-cluster.
const program = fileURLToPath(import.meta.url);
const repository = fileURLToPath(new URL("../..", import.meta.url));

async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === "load") return runLoadProcess();
  if (argv[0] === "least-webhook") return runLeastWebhook(argv[1] ?? "");
  const options = readBenchClusterOptions(argv);
  if (options === "help") {
    process.stdout.write(benchClusterHelp);
    return;
  }
  const controlPlane = findControlPlane(repository);
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-cluster-"));
  const sandbox = await Sandbox.open(sandboxAddresses);
  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  // Where we end without a word, the sandbox ends with us.
  process.once("exit", removeFolder);
  const close = async (): Promise<void> => {
    await sandbox.close();
    removeFolder();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void close().finally(() => process.exit(130)));
  try {
    const results = await bench(sandbox, controlPlane, folder, options);
    process.stdout.write(formatReport(results, options));
    if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, undefined, 1));
  } finally {
    await close();
  }
}

async function bench(
  sandbox: Sandbox,
  controlPlane: string,
  folder: string,
  options: BenchClusterOptions,
): Promise<Results> {
  const begin = performance.now();
  const say = (progress: string): void => {
    const seconds = ((performance.now() - begin) / 1000).toFixed(0).padStart(4);
    process.stderr.write(`${seconds} s  ${progress}\n`);
  };
  const sluice = join(repository, "dist/sluice.js");
  const place = { sandbox, controlPlane, repository, folder, sluice, program, options, say };
  const cluster = await BenchCluster.start(place);
  const kubernetes = textAt(await cluster.api.get("/version"), "gitVersion");
  const registration = await Registration.of(cluster);
  const creations = await measureCreations(cluster, registration);
  if (options.profile !== undefined) await profileInjecting(cluster, options.profile);
  const rollouts = await measureRollouts(cluster, registration);
  const company = await measureCompany(cluster);
  const scale = await measureScale(cluster);
  return { kubernetes, creations, rollouts, company, scale };
}

try {
  await main(process.argv.slice(2));
  process.exit();
} catch (error) {
  const told = error instanceof UsageError || error instanceof NoCluster;
  process.stderr.write(
    `bench:cluster: ${told ? error.message : error instanceof Error ? error.stack : error}\n`,
  );
  process.exit(error instanceof UsageError ? 2 : 1);
}
