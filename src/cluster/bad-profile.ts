import type { PluginProfile } from "./cluster-view.ts";

/** Says what is wrong with a profile, and what counts as long as it is. */
export function describeBadProfile({ namespace, name, pipelines, problems }: PluginProfile): string {
  const instead =
    pipelines === undefined ? "Sluice's own defaults count" : "the last good one goes on to count";
  const [first = "", ...others] = problems;
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return `ConfigMap ${namespace}/${name}, which is no valid plugin profile, so ${instead}: ${first}${more}`;
}
