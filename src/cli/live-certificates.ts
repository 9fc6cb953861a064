import { openCertificateDirectory } from "../certs/certificate-directory.ts";
import type { CertificateReport } from "../certs/certificate-report.ts";
import {
  type ClusterCertificates,
  openOwnCertificates,
  trustCertificates,
} from "../certs/cluster-certificates.ts";
import { servingNames } from "../certs/serving-names.ts";
import type { ClusterWriter } from "../cluster/cluster-writer.ts";
import type { Config } from "../config.ts";
import type { CommandIo } from "./command-io.ts";
import { ownNamespace } from "./own-namespace.ts";
import { certificatePollMs } from "./serve-settings.ts";

export interface LiveCertificateOptions extends CertificateReport {
  readonly writer: ClusterWriter;
  readonly config: Config;
  /** Folder named on the command line: it goes before the configuration. */
  readonly directory: string | undefined;
  readonly env: CommandIo["env"];
  readonly signal: AbortSignal;
}

// Both are watched as well; this is for what a watch may miss.
const watchedPollMs = 5_000;
const defaultDirectory = "certs";

/**
 * Opens the certificates that the configuration asks for; undefined when `signal` ended the waiting for them.
 * Throws `CertificateFilesError` for files that cannot be used.
 */
export async function openCertificates(
  options: LiveCertificateOptions,
): Promise<ClusterCertificates | undefined> {
  const { writer, directory, env, signal, problem, action } = options;
  const { certificates } = options.config;
  const namespace = certificates.namespace ?? (await ownNamespace(env));
  const names = servingNames(certificates.service, namespace);
  const fromFiles = directory !== undefined || certificates.source === "files";
  const trust = {
    writer,
    registration: certificates.webhookConfiguration,
    validation: certificates.validatingWebhookConfiguration,
    caBundle: certificates.caBundle ?? (fromFiles ? "external" : "ours"),
    overlapMs: certificates.overlap,
    pollMs: watchedPollMs,
    now: Date.now,
    elapsed: () => performance.now(),
    report: { problem, action },
  };
  if (!fromFiles) {
    const lives = { serving: certificates.servingLife, authority: certificates.authorityLife };
    const secret = { namespace, name: certificates.secret };
    return openOwnCertificates({ ...trust, names, lives, secret, jitter: Math.random() }, signal);
  }
  const source = await openCertificateDirectory(directory ?? certificates.directory ?? defaultDirectory, {
    names,
    now: Date.now,
    pollMs: certificatePollMs,
    onProblem: (message) => problem("certificate", message),
  });
  return trustCertificates(source, trust);
}
