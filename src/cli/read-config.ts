import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { reasonOf } from "../cluster/api-error.ts";
import { isRawObject } from "../cluster/raw-fields.ts";
import { type Config, ConfigError, defaultConfig, parseConfig } from "../config.ts";
import { listPlatformNames } from "../platforms/catalog.ts";
import { parseQuantity } from "../types/quantity.ts";
import { InputError } from "./input-error.ts";
import { whyUnreadable } from "./read-manifest.ts";

/**
 * The configuration in a YAML file; the defaults when there is no file. `settings` are keys that the file goes before.
 * Throws `InputError` when the file cannot be read and `ConfigError` with all bad keys.
 */
export async function readConfig(
  file: string | undefined,
  settings: Readonly<Record<string, string>> = {},
): Promise<Config> {
  if (file === undefined)
    return Object.keys(settings).length === 0 ? defaultConfig : parseConfig(settings, "the environment");
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new InputError([`${file}: ${whyUnreadable(error)}`]);
  });
  return readConfigText(text, file, settings);
}

/**
 * The configuration that `text` states in YAML. `source` is what it is called in messages.
 * Throws `InputError` when it is no YAML and `ConfigError` with all bad keys.
 */
export function readConfigText(
  text: string,
  source: string,
  settings: Readonly<Record<string, string>> = {},
): Config {
  const stated = parseYaml(text, source);
  const config = parseConfig(isRawObject(stated) ? { ...settings, ...stated } : (stated ?? settings), source);
  const problems = contradictions(config);
  if (problems.length > 0) throw new ConfigError(source, problems);
  return config;
}

function parseYaml(text: string, source: string): unknown {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 };
    throw new InputError([`${source}:${line}:${col}: ${error.message.replace(/ at line \d+[\s\S]*/, "")}`]);
  }
  try {
    return document.toJS();
  } catch (error) {
    // An alias of nothing, or of too much.
    throw new InputError([`${source}: ${reasonOf(error)}`]);
  }
}

/** What each key allows by itself, and yet no pod could be served by. */
function contradictions(config: Config): string[] {
  const problems: string[] = [];
  if (!config.platforms.byName.has(config.platform))
    problems.push(`platform: "${config.platform}" is not known: use ${listPlatformNames(config.platforms)}`);
  for (const key of ["clientResources", "guardResources"] as const)
    for (const name of ["cpu", "memory"] as const) {
      const [request, limit] = [config[key].requests[name], config[key].limits[name]];
      if ((parseQuantity(request) ?? 0) > (parseQuantity(limit) ?? 0))
        problems.push(`${key}.requests.${name}: ${request} is more than the limit ${limit}`);
    }
  return problems;
}
