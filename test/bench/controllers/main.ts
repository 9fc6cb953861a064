import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseOptions, UsageError } from "../../../src/cli/parse-options.ts";
import { Sandbox } from "../../e2e/harness/sandbox.ts";
import { findControlPlane, NoCluster } from "../cluster/find-control-plane.ts";
import { measureFinishedJobs } from "./finished-jobs.ts";

const help = `Measures how long finished Jobs with classic clients take to complete, and what that costs the API server.

Usage
  npm run bench:controllers -- [OPTIONS]

Options
      --jobs N     how many Jobs end at once (default 1000)
  -h, --help       this help

Needs Linux, the right to make network namespaces (root), and the control plane's programs, which npm run e2e builds.
The table goes to standard output, progress to standard error.
`;

// The bundle lies in dist/bench-controllers.
const repository = fileURLToPath(new URL("../..", import.meta.url));

async function main(argv: readonly string[]): Promise<void> {
  const values = parseOptions(argv, {
    jobs: { type: "string", default: "1000" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  if (!/^[1-9]\d{0,3}$/.test(values.jobs))
    throw new UsageError(`--jobs ${values.jobs} is not a number up to 9999`);
  const controlPlane = findControlPlane(repository);
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-controllers-"));
  const sandbox = await Sandbox.open(["10.10.0.1"]);
  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  // Where we end without a word, the sandbox ends with us.
  process.once("exit", removeFolder);
  try {
    const rows = await measureFinishedJobs({
      sandbox,
      controlPlane,
      folder,
      repository,
      jobs: Number(values.jobs),
    });
    for (const [what, figure] of rows) process.stdout.write(`${what.padEnd(58)} ${figure}\n`);
  } finally {
    await sandbox.close();
    removeFolder();
  }
}

try {
  await main(process.argv.slice(2));
  process.exit();
} catch (error) {
  const told = error instanceof UsageError || error instanceof NoCluster;
  process.stderr.write(
    `bench:controllers: ${told ? error.message : error instanceof Error ? error.stack : error}\n`,
  );
  process.exit(told ? 2 : 1);
}
