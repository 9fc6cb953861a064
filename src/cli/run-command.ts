import { ConfigError } from "../config.ts";
import type { CommandIo } from "./command-io.ts";
import { InputError } from "./input-error.ts";
import { UsageError } from "./parse-options.ts";
import { OutputError, print } from "./print.ts";

/**
 * Runs a command's body; says on stderr what is wrong with how it was called or with its input, exit code 2, or with
 * where its output goes, exit code 1.
 */
export async function runCommand(name: string, io: CommandIo, body: () => Promise<number>): Promise<number> {
  const program = `${io.program ?? "sluice"} ${name}`;
  try {
    return await body();
  } catch (error) {
    if (error instanceof UsageError) {
      await print(io.stderr, `${program}: ${error.message}\nSee "${program} --help".\n`);
      return 2;
    }
    if (error instanceof InputError) {
      await print(io.stderr, error.problems.map((problem) => `${program}: ${problem}\n`).join(""));
      return 2;
    }
    if (error instanceof ConfigError) {
      await print(io.stderr, `${program}: ${error.message}\n`);
      return 2;
    }
    if (error instanceof OutputError) {
      await print(io.stderr, `${program}: ${error.message}\n`);
      return 1;
    }
    throw error;
  }
}
