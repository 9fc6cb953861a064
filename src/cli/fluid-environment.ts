import type { CommandIo } from "./command-io.ts";

// Go: strconv.ParseBool; what it cannot parse is false to Fluid.
const yes = ["1", "t", "T", "TRUE", "true", "True"];
const modes: Readonly<Record<string, string>> = { "native-sidecar": "native", legacy: "classic" };

/**
 * The settings of Fluid's webhook that its Deployment makes by variables, as keys of the configuration; what the file
 * says goes before them. Fluid: charts/fluid/fluid/templates/webhook/webhook.yaml.
 */
export function fluidSettings(env: CommandIo["env"]): Readonly<Record<string, string>> {
  const settings: Record<string, string> = {};
  if (yes.includes(env["DISABLE_INJECTION"] ?? "")) settings["injection"] = "disabled";
  const mode = modes[env["FUSE_SIDECAR_INJECTION_MODE"] ?? ""];
  if (mode !== undefined) settings["sidecar"] = mode;
  const label = env["KEY_SERVERLESS_PLATFORM"];
  if (label) settings["platformLabel"] = label;
  const image = env["FILE_PREFETCHER_IMAGE"];
  if (image) settings["prefetchImage"] = image;
  return settings;
}
