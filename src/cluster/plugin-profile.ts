import { readYaml } from "./kubernetes-yaml.ts";
import { fieldAt, isRawObject, textAt } from "./raw-fields.ts";

/** The key of the ConfigMap's data. (Fluid: charts/fluid/fluid/templates/webhook.) */
export const pluginProfileKey = "pluginsProfile";

/** Fluid: pkg/webhook/plugins/plugins_impl.go. */
const pluginNames = [
  "PreferNodesWithoutCache",
  "MountPropagationInjector",
  "RequireNodeWithFuse",
  "NodeAffinityWithCache",
  "FuseSidecar",
  "DatasetUsageInjector",
  "FilePrefetcher",
] as const;

export type PluginName = (typeof pluginNames)[number];

/** Which of Fluid's plugins count, for pods with a dataset and for those without. */
export interface Pipeline {
  readonly withDataset: readonly PluginName[];
  readonly withoutDataset: readonly PluginName[];
}

/** Fluid's plugin profile, read. */
export interface PluginPipelines {
  /** For csi mode. */
  readonly serverful: Pipeline;
  /** For sidecar mode. */
  readonly serverless: Pipeline;
  /** The arguments of NodeAffinityWithCache; both lists are empty where it has none. */
  readonly tiers: CacheTiers;
}

/** By which labels a pod is led to a cache: `fluid.io/node`, `fluid.io/fuse`, or one that pins the cache's workers. */
export interface CacheTiers {
  readonly preferred: readonly { readonly name: string; readonly weight: number }[];
  readonly required: readonly string[];
}

export type ProfileReading =
  | { readonly pipelines: PluginPipelines; readonly problems: readonly [] }
  | { readonly problems: readonly string[] };

/** In characters: more than that would keep reviews waiting while it is parsed. */
const longestProfile = 65_536;

/**
 * Reads the text of a plugin profile. Unknown keys are ignored, as Fluid ignores them; an unknown plugin, or arguments
 * that cannot be used, make the whole profile a bad one: each comes back as a problem, with its place.
 * (Fluid: pkg/webhook/plugins/plugins_impl.go, nodeaffinitywithcache/tiered_locaity.go.)
 */
export function readPluginProfile(text: string): ProfileReading {
  if (text.length > longestProfile) return bad(`it is longer than ${longestProfile} characters: shorten it`);
  const profile = parseYaml(text);
  if ("problem" in profile) return bad(profile.problem);
  const problems = new Problems();
  const plugins = fieldAt(profile.value, "plugins");
  problems.unlessMapping("plugins", plugins);
  const pipelines = {
    serverful: pipelineAt(plugins, "serverful", problems),
    serverless: pipelineAt(plugins, "serverless", problems),
    tiers: tiersIn(fieldAt(profile.value, "pluginConfig"), problems),
  };
  if (pipelines.serverful.withDataset.includes("FuseSidecar"))
    problems.add("plugins.serverful.withDataset", "FuseSidecar is for serverless pods only: remove it");
  return problems.all.length === 0 ? { pipelines, problems: [] } : { problems: problems.all };
}

class Problems {
  readonly all: string[] = [];

  add(place: string, what: string): void {
    this.all.push(`${place}: ${what}`);
  }

  unlessMapping(place: string, value: unknown): void {
    if (value !== undefined && value !== null && !isRawObject(value)) this.add(place, "must be a mapping");
  }

  /** The members of a list; none where there is no list. */
  listAt(place: string, value: unknown): readonly unknown[] {
    if (Array.isArray(value)) return value;
    if (value !== undefined && value !== null) this.add(place, "must be a list");
    return [];
  }
}

function bad(problem: string): ProfileReading {
  return { problems: [problem] };
}

/** An empty text is an empty profile. */
function parseYaml(text: string): { readonly value: unknown } | { readonly problem: string } {
  const read = readYaml(text);
  if ("problem" in read) return { problem: `it is no YAML: ${read.problem}` };
  if (read.value === null || isRawObject(read.value)) return read;
  return { problem: "it must be a mapping with the keys plugins and pluginConfig" };
}

function pipelineAt(plugins: unknown, mode: "serverful" | "serverless", problems: Problems): Pipeline {
  const of = fieldAt(plugins, mode);
  problems.unlessMapping(`plugins.${mode}`, of);
  const list = (key: string) => pluginsIn(`plugins.${mode}.${key}`, fieldAt(of, key), problems);
  return { withDataset: list("withDataset"), withoutDataset: list("withoutDataset") };
}

function pluginsIn(place: string, value: unknown, problems: Problems): PluginName[] {
  const plugins: PluginName[] = [];
  for (const listed of problems.listAt(place, value)) {
    const known = pluginNames.find((name) => name === listed);
    // Anything but a text may be endless.
    const shown =
      typeof listed === "string" ? JSON.stringify(listed.slice(0, 60)) : "an entry that is no text";
    if (known !== undefined) plugins.push(known);
    else problems.add(place, `${shown} is no plugin: use some of ${pluginNames.join(", ")}`);
  }
  // It ends Fluid's pipeline, whatever comes after it.
  const end = plugins.indexOf("PreferNodesWithoutCache");
  return end === -1 ? plugins : plugins.slice(0, end + 1);
}

/** Fluid: of arguments given twice for one plugin the last count; they are YAML inside a text. */
function tiersIn(pluginConfig: unknown, problems: Problems): CacheTiers {
  const of = problems
    .listAt("pluginConfig", pluginConfig)
    .findLast((entry) => textAt(entry, "name") === "NodeAffinityWithCache");
  const place = "pluginConfig of NodeAffinityWithCache";
  const stated = fieldAt(of, "args");
  const args = typeof stated === "string" ? parseYaml(stated) : { value: stated };
  if ("problem" in args) {
    problems.add(`${place}, args`, args.problem);
    return { preferred: [], required: [] };
  }
  problems.unlessMapping(`${place}, args`, args.value);
  return {
    preferred: problems
      .listAt(`${place}, preferred`, fieldAt(args.value, "preferred"))
      .flatMap((entry) => preferredTier(`${place}, preferred`, entry, problems) ?? []),
    required: problems
      .listAt(`${place}, required`, fieldAt(args.value, "required"))
      .flatMap((name) => tierName(`${place}, required`, name, problems) ?? []),
  };
}

/** The API server takes no other weights. (Kubernetes: PreferredSchedulingTerm.) */
function preferredTier(place: string, entry: unknown, problems: Problems) {
  const name = tierName(place, fieldAt(entry, "name"), problems);
  const weight = fieldAt(entry, "weight");
  if (name === undefined) return undefined;
  if (typeof weight === "number" && Number.isInteger(weight) && weight >= 1 && weight <= 100)
    return { name, weight };
  problems.add(place, `${name} has no weight from 1 to 100`);
  return undefined;
}

function tierName(place: string, name: unknown, problems: Problems): string | undefined {
  if (typeof name === "string" && name !== "") return name;
  problems.add(place, "an entry has no name");
  return undefined;
}
