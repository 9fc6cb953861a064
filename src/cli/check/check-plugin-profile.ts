import { describeBadProfile } from "../../cluster/bad-profile.ts";
import type { PluginProfile } from "../../cluster/cluster-view.ts";
import { projectPluginProfile } from "../../cluster/projections.ts";
import { defaultConfig } from "../../config.ts";
import { type CheckResult, type Finding, ok, unread, warning } from "./check-result.ts";
import { type Facts, known } from "./facts.ts";

/** Whether Fluid's plugin profile is followed, and can be. */
export function checkPluginProfile(facts: Facts): CheckResult | undefined {
  if (known(facts.deployment) === undefined) return undefined;
  return { check: "plugin profile", ...judge(facts.pluginProfile) };
}

function judge({ place, found, ofFluid }: Facts["pluginProfile"]): Finding {
  const name = `ConfigMap ${place.namespace}/${place.name}`;
  if ("problem" in found) return unread(name, found.problem);
  const profile: PluginProfile | undefined = found.value && projectPluginProfile(found.value, place);
  if (profile !== undefined && profile.problems.length > 0)
    return warning(
      describeBadProfile(profile),
      `mend it: kubectl -n ${place.namespace} edit configmap ${place.name}`,
      profile.problems.slice(1),
    );
  const { namespace } = defaultConfig.pluginProfile;
  if (namespace !== place.namespace && known(ofFluid) !== undefined)
    return warning(
      `Fluid's own, ConfigMap ${namespace}/${defaultConfig.pluginProfile.name}, is not followed`,
      `follow it: pluginProfile.namespace=${namespace}, or delete it`,
    );
  return ok(profile === undefined ? `none: there is no ${name}` : `${name} is followed`);
}
