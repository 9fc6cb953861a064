import { ApiConnection } from "../cluster/api-connection.ts";
import { loadKubeConfig } from "../cluster/kube-config.ts";
import { KubeConfigError } from "../cluster/kube-config-options.ts";
import { textAt } from "../cluster/raw-fields.ts";
import { checkReached } from "./assert-reached.ts";
import { ApiReader } from "./check/api-reader.ts";
import { Progress } from "./check/progress.ts";
import type { CommandIo } from "./command-io.ts";
import { InputError } from "./input-error.ts";
import { type ConfigArguments, chooseConfig } from "./installed-config.ts";
import { asPod } from "./live/as-pod.ts";
import { type DatasetSource, reportDataset } from "./live/dataset-report.ts";
import { decideNow } from "./live/decide-now.ts";
import type { Report } from "./live/describe-report.ts";
import { LiveSession } from "./live/live-session.ts";
import { type AskedObject, pathOf } from "./live/object-kinds.ts";
import { reportLivePod, reportLiveWorkload } from "./live/report-object.ts";
import { checkNamespace } from "./manifest-command.ts";

export interface LiveArguments extends ConfigArguments {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** Undefined: that of the context. */
  readonly namespace?: string | undefined;
}

/** What was found out about the objects that were asked for. */
export interface LiveFindings {
  readonly reports: readonly Report[];
  /** Objects that do not exist, or may not be read. */
  readonly absent: readonly string[];
  /** What else could not be read. */
  readonly missing: readonly string[];
}

/** Reads the objects and what they rest on. Throws `InputError` where no API server answers. */
export async function explainLive(
  asked: readonly AskedObject[],
  options: LiveArguments,
  io: CommandIo,
): Promise<LiveFindings> {
  const access = {
    kubeconfig: options.kubeconfig ?? io.env["KUBECONFIG"],
    context: options.context,
    remedy: "name a kubeconfig by --kubeconfig or KUBECONFIG",
  };
  const kubeConfig = await loadKubeConfig(access).catch((error: unknown) => {
    throw error instanceof KubeConfigError ? new InputError([error.message]) : error;
  });
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  const namespace = options.namespace ?? context?.namespace ?? "default";
  checkNamespace(namespace);
  checkNamespace(options["installed-in"], "--installed-in");
  const server = kubeConfig.getCurrentCluster()?.server ?? "";
  const connection = new ApiConnection(() => loadKubeConfig(access));
  const progress = new Progress(io.stderr, `${io.program ?? "sluice"} explain`);
  try {
    await checkReached(connection, server);
    const { value: config, note } = await chooseConfig(options, new ApiReader(connection, progress));
    const session = new LiveSession(connection, config, progress);
    if (note !== undefined) session.unread.add(note);
    const reports: Report[] = [];
    const absent: string[] = [];
    for (const object of asked) {
      const report = await reportObject(object, namespace, session);
      if (typeof report === "string") absent.push(report);
      else reports.push(report);
    }
    return { reports, absent, missing: session.missing };
  } finally {
    progress.close();
    connection.close();
  }
}

/** A report, or why there is none. */
async function reportObject(
  object: AskedObject,
  namespace: string,
  session: LiveSession,
): Promise<Report | string> {
  const { kind, name } = object;
  const title = `${kind.kind} ${namespace}/${name}`;
  if (kind.kind === "PersistentVolumeClaim" || kind.kind === "Dataset") {
    const before = session.missing.length;
    const report = await reportDataset(kind.kind, namespace, name, liveSource(session));
    if (report !== undefined) return report;
    const why = session.missing.slice(before).find((line) => line.startsWith(`${title}:`));
    return why ?? `${title}: does not exist`;
  }
  const found = await session.reader.get(pathOf(object, namespace));
  if ("problem" in found) return `${title}: ${found.problem}`;
  if (found.value === undefined) return `${title}: does not exist`;
  if (kind.kind !== "Pod") return reportLiveWorkload(found.value, object, namespace, session);
  const pod = asPod(found.value);
  return pod === undefined ? `${title}: is no pod that can be read` : reportLivePod(pod, namespace, session);
}

function liveSource(session: LiveSession): DatasetSource {
  return {
    decide: (pod, namespace) => session.ask((state) => decideNow(pod, namespace, true, state)),
    ask: (question) => session.ask(({ view }) => question(view)),
    nodesWith: async (label) => {
      const nodes = await session.list("Nodes", "/api/v1/nodes", { labelSelector: `${label}=true` });
      return nodes.flatMap((node) => textAt(node, "metadata", "name") ?? []).sort();
    },
    pods: (namespace) => session.pods(namespace),
  };
}
