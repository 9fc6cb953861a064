import { parse } from "yaml";
import type { ApiConnection } from "../cluster/api-connection.ts";
import { ApiError } from "../cluster/api-error.ts";
import { textAt } from "../cluster/raw-fields.ts";
import { type Config, parseConfig } from "../config.ts";
import { installed } from "./check/installed-names.ts";

const idleMs = 10_000;

/**
 * The configuration of the Sluice that is installed in `namespace`; undefined where there is none that may be read.
 * Throws `ConfigError` for one that is not valid.
 */
export async function readInstalledConfig(
  connection: ApiConnection,
  namespace: string,
): Promise<Config | undefined> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${installed.configMap}`;
  try {
    const text = textAt(await connection.getJson(path, { idleMs }), "data", installed.configKey);
    return text === undefined
      ? undefined
      : parseConfig(parse(text), `ConfigMap ${namespace}/${installed.configMap}`);
  } catch (error) {
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return undefined;
    throw error;
  }
}
