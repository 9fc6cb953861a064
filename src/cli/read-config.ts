import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { type Config, defaultConfig, parseConfig } from "../config.ts";
import { InputError } from "./input-error.ts";
import { whyUnreadable } from "./read-manifest.ts";

/**
 * The configuration in a YAML file; the defaults when there is no file.
 * Throws `InputError` when the file cannot be read and `ConfigError` with all bad keys.
 */
export async function readConfig(file: string | undefined): Promise<Config> {
  if (file === undefined) return defaultConfig;
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new InputError([`${file}: ${whyUnreadable(error)}`]);
  });
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 };
    throw new InputError([`${file}:${line}:${col}: ${error.message.replace(/ at line \d+[\s\S]*/, "")}`]);
  }
  return parseConfig(document.toJS(), file);
}
