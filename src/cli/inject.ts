import type { CommandIo } from "./command-io.ts";
import { help } from "./help.ts";
import { decideManifests, exitCodeOf, manifestOptions, readFormat } from "./manifest-command.ts";
import { parseOptions } from "./parse-options.ts";
import { print, printExactly } from "./print.ts";
import { printHelp } from "./print-help.ts";
import { type DecidedDocument, renderJson, renderPatches, renderYaml } from "./render-manifest.ts";
import { reportLines } from "./report-line.ts";
import { runCommand } from "./run-command.ts";

/** `sluice inject`: the injected manifests on stdout, a report on stderr. */
export function run(argv: string[], io: CommandIo): Promise<number> {
  return runCommand("inject", io, async () => {
    const options = parseOptions(argv, manifestOptions);
    if (options.help) {
      await printHelp(io, help.inject);
      return 0;
    }
    const format = readFormat(options.output, ["yaml", "json", "patch"]);
    const documents = await decideManifests(options, io);
    const render = { yaml: renderYaml, json: renderJson, patch: renderPatches }[format];
    await printExactly(io.stdout, render(documents));
    await print(io.stderr, report(documents));
    return exitCodeOf(documents);
  });
}

function report(documents: readonly DecidedDocument[]): string {
  return documents.flatMap(({ objects }) => objects.map(reportLines)).join("");
}
