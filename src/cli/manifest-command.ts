import type { Cluster } from "../cluster/cluster-view.ts";
import { installed } from "./check/installed-names.ts";
import type { CommandIo } from "./command-io.ts";
import { decideObject } from "./decide-object.ts";
import { InputError } from "./input-error.ts";
import type { ConfigArguments } from "./installed-config.ts";
import { readLiveConfig } from "./live-config.ts";
import { openClusterFolder } from "./open-cluster-folder.ts";
import { openLiveView } from "./open-live-view.ts";
import { UsageError } from "./parse-options.ts";
import { readConfig } from "./read-config.ts";
import { readManifests } from "./read-manifest.ts";
import type { DecidedDocument } from "./render-manifest.ts";

/** The options that every command about manifests has. */
export const manifestOptions = {
  filename: { type: "string", short: "f", multiple: true },
  cluster: { type: "string" },
  config: { type: "string" },
  "installed-in": { type: "string", default: installed.namespace },
  kubeconfig: { type: "string" },
  context: { type: "string" },
  namespace: { type: "string", short: "n", default: "default" },
  output: { type: "string", short: "o" },
  help: { type: "boolean", short: "h" },
} as const;

export interface ManifestArguments extends ConfigArguments {
  readonly filename?: readonly string[] | undefined;
  readonly cluster?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace: string;
}

/**
 * Reads what the options name and decides about every object.
 * Throws `UsageError`, `InputError` or `ConfigError` before anything is decided.
 */
export async function decideManifests(options: ManifestArguments, io: CommandIo): Promise<DecidedDocument[]> {
  const files = filesOf(options);
  checkNamespace(options["installed-in"], "--installed-in");
  const byFile = options.config !== undefined || options.cluster !== undefined;
  const stated = byFile ? await readConfig(options.config) : undefined;
  const documents = await readManifests(files, io.stdin);
  const config = stated ?? (await readLiveConfig(options["installed-in"], io, options));
  const cluster: Cluster =
    options.cluster === undefined
      ? await openLiveView(config, io, options)
      : await openClusterFolder(options.cluster, config, io);
  try {
    return decideAll(documents, (object) => decideObject(object, options.namespace, cluster.view, config));
  } finally {
    await cluster.close();
  }
}

/** The files that are named. Throws `UsageError` where there are none, or a name that no namespace has. */
export function filesOf(options: Pick<ManifestArguments, "filename" | "namespace">): readonly string[] {
  const files = options.filename ?? [];
  if (files.length === 0) throw new UsageError('name the manifests with -f FILE ("-" for standard input)');
  checkNamespace(options.namespace);
  if (files.filter((file) => file === "-").length > 1) throw new UsageError("-f - may be given only once");
  return files;
}

/** Throws `UsageError`; `option` is what named it. (Kubernetes: docs, "Object Names and IDs", DNS label names.) */
export function checkNamespace(namespace: string, option = "-n"): void {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace))
    throw new UsageError(`${option} ${JSON.stringify(namespace)} cannot be the name of a namespace`);
}

function decideAll(
  documents: readonly DecidedDocument["document"][],
  decide: (object: DecidedDocument["document"]["objects"][number]) => DecidedDocument["objects"][number],
): DecidedDocument[] {
  const problems: string[] = [];
  const decided = documents.map((document) => ({
    document,
    objects: document.objects.flatMap((object) => {
      try {
        return [decide(object)];
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        problems.push(...error.problems);
        return [];
      }
    }),
  }));
  if (problems.length > 0) throw new InputError(problems);
  return decided;
}

/** One of the formats that a command can write. Throws `UsageError` for any other. */
export function readFormat<T extends string>(value: string | undefined, formats: readonly [T, ...T[]]): T {
  const format = formats.find((known) => known === (value ?? formats[0]));
  if (format === undefined) throw new UsageError(`-o ${value} is not known: use ${formats.join(", ")}`);
  return format;
}

/** 1 when a pod was refused. */
export function exitCodeOf(documents: readonly DecidedDocument[]): number {
  return documents.some(({ objects }) => objects.some(({ decision }) => decision?.verdict === "rejected"))
    ? 1
    : 0;
}
