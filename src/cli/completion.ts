import type { CommandIo } from "./command-io.ts";
import { completionScript, isShell, shells } from "./completion-scripts.ts";
import { consoleHelp } from "./console-options.ts";
import { controllersHelp } from "./controllers-options.ts";
import { help } from "./help.ts";
import { readHelp } from "./option-table.ts";
import { parseArguments, UsageError } from "./parse-options.ts";
import { print } from "./print.ts";
import { printHelp } from "./print-help.ts";
import { runCommand } from "./run-command.ts";
import { serveHelp } from "./serve-options.ts";
import { suggest } from "./suggest.ts";

/** `sluice completion`: a script by which a shell completes commands and options. */
export function run(argv: string[], io: CommandIo): Promise<number> {
  return runCommand("completion", io, async () => {
    const { values, words } = parseArguments(argv, { help: { type: "boolean", short: "h" } });
    if (values.help) {
      await printHelp(io, help.completion);
      return 0;
    }
    const [shell = "", ...more] = words;
    if (more.length > 0) throw new UsageError(`unexpected argument "${more[0]}"`);
    if (!isShell(shell)) {
      const near = shell === "" ? "" : suggest(shell, shells);
      throw new UsageError(`name the shell${near}: ${shells.join(", ")}`);
    }
    await print(io.stdout, completionScript(shell, readHelp(allHelp())));
    return 0;
  });
}

/** The help of every command, "" being that of sluice itself. */
export function allHelp(): Readonly<Record<string, string>> {
  return { ...help, serve: serveHelp, controllers: controllersHelp, console: consoleHelp };
}
