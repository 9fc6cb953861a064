import { textAt } from "../cluster/raw-fields.ts";
import { type Config, ConfigError, defaultConfig } from "../config.ts";
import type { ApiReader } from "./check/api-reader.ts";
import type { Reading } from "./check/facts.ts";
import { installed } from "./check/installed-names.ts";
import { InputError } from "./input-error.ts";
import { readConfig, readConfigText } from "./read-config.ts";

const longestReason = 80;

/** By what a command about a live cluster judges. */
export interface ConfigArguments {
  /** A file that goes before the webhook's own configuration. */
  readonly config?: string | undefined;
  /** The namespace of the webhook. */
  readonly "installed-in": string;
}

/** The configuration of the Sluice that is installed in `namespace`, or why it is not known: object and reason. */
export async function readInstalledConfig(reader: ApiReader, namespace: string): Promise<Reading<Config>> {
  const place = `ConfigMap ${namespace}/${installed.configMap}`;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${installed.configMap}`;
  const found = await reader.get(path);
  if ("problem" in found) return { problem: `${place}: ${cut(found.problem)}` };
  if (found.value === undefined) return { problem: `${place}: does not exist` };
  const text = textAt(found.value, "data", installed.configKey);
  if (text === undefined) return { problem: `${place}: has no ${installed.configKey}` };
  try {
    return { value: readConfigText(text, installed.configKey) };
  } catch (error) {
    if (error instanceof InputError) return { problem: `${place}: ${cut(error.problems.join(", "))}` };
    if (error instanceof ConfigError)
      return { problem: `${place}: ${cut(`${installed.configKey}: ${error.problems.join(", ")}`)}` };
    throw error;
  }
}

/**
 * The configuration that a command judges by: that of the file where one is named, else that of the webhook, else the
 * defaults with a note that says why. Throws as `readConfig`, and never for what the webhook is configured by.
 */
export async function chooseConfig(
  options: ConfigArguments,
  reader: ApiReader,
): Promise<{ readonly value: Config; readonly note?: string }> {
  if (options.config !== undefined) return { value: await readConfig(options.config) };
  const found = await readInstalledConfig(reader, options["installed-in"]);
  if ("value" in found) return found;
  const remedy = "--config names the webhook's configuration, or --installed-in its namespace";
  return { value: defaultConfig, note: `${found.problem}: the defaults count, unless ${remedy}` };
}

/** On one line: whoever may write the ConfigMap may have written anything. */
function cut(reason: string): string {
  const line = reason.replace(/\s+/g, " ");
  return line.length <= longestReason ? line : `${line.slice(0, longestReason - 1)}…`;
}
