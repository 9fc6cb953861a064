import { type ParseArgsConfig, parseArgs } from "node:util";
import { messageOf } from "../types/error-message.ts";
import { suggest } from "./suggest.ts";

type ParseArgsOptionsConfig = NonNullable<ParseArgsConfig["options"]>;

/** The command was called wrongly; ends it with exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

type Values<T extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: T; strict: true; allowPositionals: false }>
>["values"];

/** The options in `argv`. Throws `UsageError` for one that is unknown or lacks its value, and for other arguments. */
export function parseOptions<T extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  options: T,
): Values<T> {
  return parse(argv, options, false).values;
}

/** The options in `argv`, and the words between them. Throws `UsageError` as `parseOptions`. */
export function parseArguments<T extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  options: T,
): { readonly values: Values<T>; readonly words: readonly string[] } {
  const { values, positionals } = parse(argv, options, true);
  return { values, words: positionals };
}

function parse<T extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  options: T,
  allowPositionals: boolean,
): { values: Values<T>; positionals: string[] } {
  const args = [...argv];
  try {
    return parseArgs({ args, options, strict: true, allowPositionals });
  } catch (error) {
    throw new UsageError(problemOf(args, options, allowPositionals) ?? messageOf(error));
  }
}

function problemOf(
  args: string[],
  options: ParseArgsOptionsConfig,
  allowPositionals: boolean,
): string | undefined {
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional" && !allowPositionals)
      return `unexpected argument "${token.value}": options begin with "-", as in -f ${token.value}`;
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) {
      const known = Object.entries(options).flatMap(([name, { short }]) => [
        `--${name}`,
        ...(short === undefined ? [] : [`-${short}`]),
      ]);
      return `unknown option ${token.rawName}${suggest(token.rawName, known)}`;
    }
    if (option.type === "string" && (token.value === undefined || /^-./.test(token.value)))
      return `option ${token.rawName} needs a value`;
    if (option.type === "boolean" && token.value !== undefined)
      return `option ${token.rawName} takes no value`;
  }
  return undefined;
}
