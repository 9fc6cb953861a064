import type { TrustState } from "../certs/ca-bundle-keeper.ts";
import type { ClusterCertificates } from "../certs/cluster-certificates.ts";
import { firstTrust } from "../certs/first-trust.ts";
import { describeBadProfile } from "../cluster/bad-profile.ts";
import type { Cluster, PluginProfile } from "../cluster/cluster-view.ts";
import { openClusterWriter } from "../cluster/cluster-writer.ts";
import { describeJuicefsProblem } from "../cluster/juicefs-config.ts";
import type { JuicefsConfig } from "../cluster/juicefs-settings.ts";
import { openLiveCluster } from "../cluster/live-cluster.ts";
import type { LiveCluster } from "../cluster/live-cluster-options.ts";
import type { Config } from "../config.ts";
import { keepHeapSmall } from "../server/heap.ts";
import { type OpsServer, startOps } from "../server/start-ops.ts";
import { startServer } from "../server/start-server.ts";
import { createLog, type Log, logDestination } from "../telemetry/log.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import type { CommandIo } from "./command-io.ts";
import { openCertificates } from "./live-certificates.ts";
import { print } from "./print.ts";
import type { ServeOptions } from "./serve-options.ts";
import { warmUpReviews } from "./serve-settings.ts";
import { stopWhenAsked } from "./stop-when-asked.ts";

const trustStates: readonly TrustState[] = ["trusted", "distrusted", "missing", "unknown"];
// Long enough for an installation to apply all of its objects.
const missingRegistrationMs = 30_000;

/** What there is of the server so far. */
interface Parts {
  cluster?: LiveCluster;
  certificates?: ClusterCertificates;
  /** By what is wrong. */
  readonly problems: Map<string, string>;
}

/**
 * Serves by a live API server until it is told to stop. Throws `KubeConfigError` when it is not known how to reach one;
 * whatever else is missing at the start is waited for, and /readyz says what.
 */
export async function serveLive(
  options: Omit<ServeOptions, "cluster">,
  config: Config,
  io: CommandIo,
): Promise<number> {
  const log = createLog(config.logLevel, logDestination(io.stderr));
  const kubeconfig = io.env["KUBECONFIG"];
  const writer = await openClusterWriter({ kubeconfig });
  const parts: Parts = { problems: new Map() };
  const metrics = createMetrics({ process: true, beforeRender: (page) => setMetrics(page, parts) });
  const ops = await startOps(metrics, options.opsListen);
  ops.setNotReady(() => waitingFor(parts));
  const ending = new AbortController();
  // Reading many objects leaves far more garbage behind than serving; collecting it more often would take too long.
  keepHeapSmall(80);
  const reading = openLiveCluster({
    kubeconfig,
    signal: AbortSignal.any([io.stop, ending.signal]),
    onProgress: ({ resource, objects, synced, of }) => log.info({ resource, objects, synced, of }, "read"),
    onProblem: (resource, problem) => {
      note(parts, resource, problem);
      if (problem === undefined) log.info({ resource }, "followed again");
      else log.warn({ resource }, problem);
    },
    pluginProfile: config.pluginProfile,
    onPluginProfile: (profile) => tellOfProfile(profile, log, metrics),
    juicefs: config.juicefs.enabled ? config.juicefs : undefined,
    onJuicefsConfig: (found) => tellOfJuicefsConfig(found, log, metrics),
    onKind: (kind, installed) => log.info({ kind, installed }, "custom resource definitions have changed"),
  }).then((cluster) => {
    parts.cluster = cluster;
  });
  // It is awaited later, and what fails until then is not lost.
  const settled = reading.catch(() => undefined);
  try {
    const certificates = await openCertificates({
      writer,
      config,
      directory: options.certDir,
      env: io.env,
      signal: io.stop,
      problem: (subject, message) => {
        note(parts, subject, message);
        metrics.setProblems(subject, message === undefined ? 0 : 1);
        if (message === undefined) log.info(`${subject}: well again`);
        else log.error(message);
      },
      action: (action, message) => {
        metrics.countCertificateAction(action);
        log[action === "bundle-repaired" || action === "secret-repaired" ? "warn" : "info"](
          { action },
          message,
        );
      },
    });
    if (certificates === undefined) return 0;
    parts.certificates = certificates;
    return await serveWith(parts, certificates, reading, { options, config, io, log, metrics, ops });
  } catch (error) {
    // Ending the reading of the cluster makes it fail.
    if (!io.stop.aborted) throw error;
    return 0;
  } finally {
    ending.abort();
    await settled;
    await ops.stop();
    await parts.certificates?.close();
    await parts.cluster?.close();
    writer.close();
  }
}

interface Around {
  readonly options: Omit<ServeOptions, "cluster">;
  readonly config: Config;
  readonly io: CommandIo;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly ops: OpsServer;
}

async function serveWith(
  parts: Parts,
  certificates: ClusterCertificates,
  reading: Promise<void>,
  { options, config, io, log, metrics, ops }: Around,
): Promise<number> {
  const server = await startServer({
    cluster: onceRead(parts),
    config,
    log,
    metrics,
    certificates: certificates.source,
    listen: options.listen,
    opsListen: ops,
    now: Date.now,
    warmUpReviews,
    unavailable: () => (parts.cluster === undefined ? "the cluster has not been read yet" : undefined),
    waitingFor: () => waitingFor(parts) ?? "starting",
    beforeReady: async () => {
      await reading;
      if (certificates.keeper !== undefined)
        await firstTrust(certificates.keeper, missingRegistrationMs, io.stop);
    },
  });
  const wasReady = !io.stop.aborted;
  if (wasReady) {
    log.info(
      { server: parts.cluster?.status().server, notAfter: certificates.source.current.notAfter },
      "ready",
    );
    await print(io.stdout, `sluice is ready on ${server.url} (ops ${server.opsUrl})\n`);
  }
  await stopWhenAsked(server, wasReady ? options.drainMs : 0, io.stop, log);
  return 0;
}

/** The cluster, which no review asks for before it has been read. */
function onceRead(parts: Parts): Cluster {
  const cluster = () => {
    if (parts.cluster === undefined) throw new Error("the cluster has not been read yet");
    return parts.cluster;
  };
  return {
    get view() {
      return cluster().view;
    },
    refresh: (refs, budgetMs) => cluster().refresh(refs, budgetMs),
    doubts: (refs) => cluster().doubts?.(refs) ?? false,
    denied: (refs) => cluster().denied?.(refs),
    close: () => cluster().close(),
  };
}

/** What stands in the way of the first readiness, the most telling first. */
function waitingFor({ cluster, certificates, problems }: Parts): string | undefined {
  const [problem] = problems.values();
  if (problem !== undefined) return problem;
  if (certificates === undefined) return "waiting for a certificate";
  if (cluster === undefined) return "reading the cluster";
  return "waiting for the API server to trust the certificate";
}

function note({ problems }: Parts, subject: string, problem: string | undefined): void {
  if (problem === undefined) problems.delete(subject);
  else problems.set(subject, problem);
}

/** A profile that cannot be used leaves the one before it in force. */
function tellOfProfile(profile: PluginProfile | undefined, log: Log, metrics: Metrics): void {
  const bad = profile !== undefined && profile.problems.length > 0;
  metrics.setProblems("plugin-profile", bad ? 1 : 0);
  if (bad) log.warn({ problems: profile.problems }, describeBadProfile(profile));
  else if (profile === undefined) log.info("there is no plugin profile any more: the configuration counts");
  else log.info({ profile: `${profile.namespace}/${profile.name}` }, "the plugin profile counts from now on");
}

function tellOfJuicefsConfig(found: JuicefsConfig | undefined, log: Log, metrics: Metrics): void {
  const wrong = found && describeJuicefsProblem(found);
  metrics.setProblems("juicefs-config", wrong === undefined ? 0 : 1);
  if (wrong !== undefined) log.warn({ problems: found?.problems }, wrong);
  else if (found === undefined)
    log.info("there is no configuration of the JuiceFS driver any more: its defaults count");
  else log.info({ unread: found.unread }, "the JuiceFS driver's configuration counts from now on");
}

function setMetrics(metrics: Metrics, { cluster, certificates, problems }: Parts): void {
  const expiry = certificates?.authorityExpiry();
  if (expiry !== undefined) metrics.setAuthorityExpiry(expiry);
  if (certificates?.keeper !== undefined) metrics.setRegistration(certificates.keeper.state, trustStates);
  const ofCluster = [...problems.keys()].filter(
    (subject) => !["certificate", "registration", "validation"].includes(subject),
  );
  metrics.setProblems("cluster", ofCluster.length);
  if (cluster === undefined) return;
  const { resources, freshReads } = cluster.status();
  metrics.setLiveReads(freshReads);
  for (const resource of resources) {
    metrics.setClusterObjects(resource.resource, resource.objects);
    metrics.setResource({
      ...resource,
      // What is not there is not out of date.
      lastContact: resource.state === "absent" ? undefined : resource.lastContact,
    });
  }
}
