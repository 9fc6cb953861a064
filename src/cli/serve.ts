import { openCertificateDirectory } from "../certs/certificate-directory.ts";
import { CertificateFilesError } from "../certs/check-pair.ts";
import { defaultServingNames } from "../certs/serving-names.ts";
import { KubeConfigError } from "../cluster/kube-config-options.ts";
import { ManifestFolderError, openManifestCluster } from "../cluster/manifest-cluster.ts";
import type { ManifestProblem } from "../cluster/manifest-problem.ts";
import type { Config } from "../config.ts";
import { ListenError } from "../server/listen-address.ts";
import { startServer } from "../server/start-server.ts";
import { createLog, type Log, logDestination } from "../telemetry/log.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import type { CommandIo } from "./command-io.ts";
import { fluidSettings } from "./fluid-environment.ts";
import { InputError } from "./input-error.ts";
import { print } from "./print.ts";
import { printHelp } from "./print-help.ts";
import { readConfig } from "./read-config.ts";
import { runCommand } from "./run-command.ts";
import { serveLive } from "./serve-live.ts";
import { readServeOptions, type ServeOptions, serveHelp } from "./serve-options.ts";
import { certificatePollMs, warmUpReviews } from "./serve-settings.ts";
import { stopWhenAsked } from "./stop-when-asked.ts";

const defaultCertDir = "certs";

/** `sluice serve`: answers reviews until it is told to stop. */
export function run(argv: string[], io: CommandIo): Promise<number> {
  return runCommand("serve", io, async () => {
    const options = readServeOptions(argv);
    if (options === "help") {
      await printHelp(io, serveHelp);
      return 0;
    }
    try {
      const config = await readConfig(options.config, fluidSettings(io.env));
      const { cluster, ...rest } = options;
      if (cluster === undefined) return await serveLive(rest, config, io);
      return await serveFolder(cluster, rest, config, io);
    } catch (error) {
      if (error instanceof ManifestFolderError || error instanceof KubeConfigError)
        throw new InputError([error.message]);
      if (!(error instanceof ListenError || error instanceof CertificateFilesError)) throw error;
      await print(io.stderr, `sluice serve: ${error.message}\n`);
      return 1;
    }
  });
}

async function serveFolder(
  folder: string,
  options: Omit<ServeOptions, "cluster">,
  config: Config,
  io: CommandIo,
): Promise<number> {
  const log = createLog(config.logLevel, logDestination(io.stderr));
  const certDir = options.certDir ?? defaultCertDir;
  const cluster = await openManifestCluster(folder, {
    kubernetesVersion: config.kubernetesVersion,
    onProblem: (problem) => logProblem(log, problem),
    onChange: ({ files, problems }) =>
      log.info({ files, problems: problems.length }, "manifests have changed"),
  });
  try {
    const metrics = createMetrics({
      process: true,
      beforeRender: (page) => {
        for (const [kind, count] of Object.entries(cluster.contents.objects))
          page.setClusterObjects(kind, count);
        page.setProblems("manifest", cluster.contents.problems.length);
      },
    });
    const certificates = await openCertificateDirectory(certDir, {
      names: defaultServingNames,
      now: Date.now,
      pollMs: certificatePollMs,
      onProblem: (problem) => tellCertificateProblem(problem, log, metrics),
    });
    try {
      const server = await startServer({
        cluster,
        config,
        log,
        metrics,
        certificates,
        listen: options.listen,
        opsListen: options.opsListen,
        now: Date.now,
        warmUpReviews,
      });
      const { files, objects, ignored } = cluster.contents;
      // From now on a signal lets it drain, also one that comes as soon as it is heard to be ready.
      const { stop } = io;
      log.info({ files, objects, ignored, certificates: certDir }, "ready");
      await print(io.stdout, `sluice is ready on ${server.url} (ops ${server.opsUrl})\n`);
      await stopWhenAsked(server, options.drainMs, stop, log);
      return 0;
    } finally {
      certificates.close();
    }
  } finally {
    await cluster.close();
  }
}

function logProblem(log: Log, problem: ManifestProblem): void {
  log[problem.severity === "error" ? "error" : "warn"](problem.message);
}

function tellCertificateProblem(problem: string | undefined, log: Log, metrics: Metrics): void {
  metrics.setProblems("certificate", problem === undefined ? 0 : 1);
  if (problem === undefined) log.info("the certificate files are usable again");
  else log.error(problem);
}
