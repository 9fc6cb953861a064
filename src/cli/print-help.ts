import type { CommandIo } from "./command-io.ts";
import { print } from "./print.ts";

/** Prints a help text with the name that the command was called by, such as "kubectl sluice". */
export function printHelp({ stdout, program = "sluice" }: CommandIo, text: string): Promise<void> {
  return print(stdout, helpFor(program, text));
}

/** Where "sluice" is followed by a word in small letters, an option or COMMAND, it is the command's name. */
function helpFor(program: string, text: string): string {
  return text.replace(/\bsluice (?=[a-z]|COMMAND|-)/g, `${program} `);
}
