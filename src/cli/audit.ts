import { ApiConnection } from "../cluster/api-connection.ts";
import { ApiError, reasonOf } from "../cluster/api-error.ts";
import { loadKubeConfig } from "../cluster/kube-config.ts";
import { KubeConfigError } from "../cluster/kube-config-options.ts";
import { findMissed } from "../controllers/audit/find-missed.ts";
import { findOffCache } from "../controllers/audit/find-off-cache.ts";
import type { Findings } from "../controllers/audit/find-pods.ts";
import { type AuditReport, auditAsJson, auditTable, reportMissed, reportOffCache } from "./audit-table.ts";
import { ApiReader } from "./check/api-reader.ts";
import { installed } from "./check/installed-names.ts";
import { Progress } from "./check/progress.ts";
import type { CommandIo } from "./command-io.ts";
import { help } from "./help.ts";
import { InputError } from "./input-error.ts";
import { type ConfigArguments, chooseConfig } from "./installed-config.ts";
import { checkNamespace, readFormat } from "./manifest-command.ts";
import { missingRights } from "./missing-rights.ts";
import { openLiveView } from "./open-live-view.ts";
import { parseOptions } from "./parse-options.ts";
import { print } from "./print.ts";
import { printHelp } from "./print-help.ts";
import { runCommand } from "./run-command.ts";

// Exit codes: pods were found; none was found, yet not everywhere could be looked.
const found = 1;
const incomplete = 3;

/** `sluice audit`: which pods ask for datasets and run without a client, or off their datasets' caches. */
export function run(argv: string[], io: CommandIo): Promise<number> {
  return runCommand("audit", io, async () => {
    const options = parseOptions(argv, {
      namespace: { type: "string", short: "n", multiple: true },
      "off-cache": { type: "boolean" },
      output: { type: "string", short: "o" },
      config: { type: "string" },
      "installed-in": { type: "string", default: installed.namespace },
      kubeconfig: { type: "string" },
      context: { type: "string" },
      help: { type: "boolean", short: "h" },
    });
    if (options.help) {
      await printHelp(io, help.audit);
      return 0;
    }
    const format = readFormat(options.output, ["table", "json"]);
    for (const namespace of options.namespace ?? []) checkNamespace(namespace);
    checkNamespace(options["installed-in"], "--installed-in");
    const { findings, report } = await look(options, io);
    await print(io.stdout, format === "json" ? auditAsJson(report, findings) : auditTable(report));
    await print(io.stderr, report.summary);
    if (findings.found.length > 0) return found;
    return findings.unread.length > 0 ? incomplete : 0;
  });
}

interface AuditArguments extends ConfigArguments {
  readonly namespace?: readonly string[] | undefined;
  readonly "off-cache"?: boolean | undefined;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

interface Looked {
  readonly findings: Findings<unknown>;
  readonly report: AuditReport;
}

/** Throws `InputError` where there is no cluster to be reached, or it may not be read. */
async function look(options: AuditArguments, io: CommandIo): Promise<Looked> {
  const access = {
    kubeconfig: options.kubeconfig ?? io.env["KUBECONFIG"],
    context: options.context,
    remedy: "name a kubeconfig by --kubeconfig or KUBECONFIG",
  };
  await loadKubeConfig(access).catch((error: unknown) => {
    throw error instanceof KubeConfigError ? new InputError([error.message]) : error;
  });
  const connection = new ApiConnection(() => loadKubeConfig(access));
  const progress = new Progress(io.stderr, `${io.program ?? "sluice"} audit`);
  try {
    const missing = await missingRights(connection);
    if (missing.length > 0)
      throw new InputError([
        `you may not ${missing.join(", ")}: what a pod needs is decided by these, so ask for the rights of ClusterRole sluice`,
      ]);
    const { value: config, note } = await chooseConfig(options, new ApiReader(connection, progress));
    if (note !== undefined) await print(io.stderr, `warning: ${note}\n`);
    const cluster = await openLiveView(config, io, { ...access, otherwise: "" });
    try {
      const asked = { connection, view: cluster.view, config, namespaces: options.namespace };
      if (options["off-cache"]) {
        const findings = await findOffCache(asked, io.stop);
        return { findings, report: reportOffCache(findings) };
      }
      const findings = await findMissed(asked, io.stop);
      return { findings, report: reportMissed(findings) };
    } finally {
      await cluster.close();
    }
  } catch (error) {
    if (error instanceof ApiError) throw new InputError([reasonOf(error)]);
    throw error;
  } finally {
    progress.close();
    connection.close();
  }
}
