import { ApiConnection } from "../cluster/api-connection.ts";
import { reasonOf } from "../cluster/api-error.ts";
import { loadKubeConfig } from "../cluster/kube-config.ts";
import { KubeConfigError, type KubeConfigOptions } from "../cluster/kube-config-options.ts";
import { textAt } from "../cluster/raw-fields.ts";
import { assertReached } from "./assert-reached.ts";
import { runChecks } from "./check/all-checks.ts";
import { ApiReader } from "./check/api-reader.ts";
import type { CheckResult } from "./check/check-result.ts";
import type { Reading } from "./check/facts.ts";
import { gatherFacts } from "./check/gather-facts.ts";
import { installed } from "./check/installed-names.ts";
import { resultTable } from "./check/print-results.ts";
import { Progress } from "./check/progress.ts";
import type { CommandIo } from "./command-io.ts";
import { help } from "./help.ts";
import { InputError } from "./input-error.ts";
import { readFormat } from "./manifest-command.ts";
import { paintWith } from "./paint.ts";
import { parseOptions } from "./parse-options.ts";
import { print } from "./print.ts";
import { printHelp } from "./print-help.ts";
import { runCommand } from "./run-command.ts";

const versionMs = 10_000;

/** `sluice check`: is the installation in a cluster healthy, and if not, what to do. */
export function run(argv: string[], io: CommandIo): Promise<number> {
  return runCommand("check", io, async () => {
    const options = parseOptions(argv, {
      kubeconfig: { type: "string" },
      context: { type: "string" },
      namespace: { type: "string", short: "n", default: installed.namespace },
      output: { type: "string", short: "o" },
      help: { type: "boolean", short: "h" },
    });
    if (options.help) {
      await printHelp(io, help.check);
      return 0;
    }
    const format = readFormat(options.output, ["text", "json"]);
    const found = await look(
      {
        kubeconfig: options.kubeconfig ?? io.env["KUBECONFIG"],
        context: options.context,
        remedy: "name a kubeconfig by --kubeconfig or KUBECONFIG",
      },
      options.namespace,
      io,
    );
    const text = format === "json" ? asJson(found) : inWords(found, io);
    await print(io.stdout, text);
    return found.results.some(({ level }) => level === "error") ? 1 : 0;
  });
}

interface Found {
  readonly server: string;
  readonly namespace: string;
  readonly results: readonly CheckResult[];
}

/** Throws `InputError` when the API server is not reached. */
async function look(access: KubeConfigOptions, namespace: string, io: CommandIo): Promise<Found> {
  const config = await loadKubeConfig(access).catch((error: unknown) => {
    throw error instanceof KubeConfigError ? new InputError([error.message]) : error;
  });
  const server = config.getCurrentCluster()?.server ?? "";
  const connection = new ApiConnection(() => loadKubeConfig(access));
  const progress = new Progress(io.stderr);
  try {
    const version = await progress.during("the API server", readVersion(connection, server));
    const facts = await gatherFacts(new ApiReader(connection, progress), namespace, version);
    return { server, namespace, results: runChecks(facts) };
  } finally {
    progress.close();
    connection.close();
  }
}

async function readVersion(connection: ApiConnection, server: string): Promise<Reading<string>> {
  try {
    const answer = await connection.getJson("/version", { idleMs: versionMs });
    return { value: textAt(answer, "gitVersion") ?? "unknown" };
  } catch (error) {
    assertReached(error, server);
    return { problem: reasonOf(error) };
  }
}

function asJson({ server, namespace, results }: Found): string {
  const healthy = results.every(({ level }) => level !== "error");
  return `${JSON.stringify({ server, namespace, healthy, results }, null, 2)}\n`;
}

function inWords({ server, namespace, results }: Found, io: CommandIo): string {
  const paint = paintWith(io.color);
  return `${paint("bold", `Sluice in namespace ${namespace} of ${server}`)}\n\n${resultTable(results, paint)}`;
}
