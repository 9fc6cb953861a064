import { toYaml } from "../cluster/kubernetes-yaml.ts";
import type { CommandIo } from "./command-io.ts";
import type { DecidedObject } from "./decide-object.ts";
import { help } from "./help.ts";
import { decideManifests, manifestOptions } from "./manifest-command.ts";
import { type Paint, paintWith } from "./paint.ts";
import { parseOptions } from "./parse-options.ts";
import { print } from "./print.ts";
import { printHelp } from "./print-help.ts";
import { editedValue } from "./render-manifest.ts";
import { reportLines } from "./report-line.ts";
import { runCommand } from "./run-command.ts";
import { shortenScripts } from "./shorten-scripts.ts";
import { unifiedDiff } from "./unified-diff.ts";

const { output: _output, ...diffOptions } = manifestOptions;

/** `sluice diff`: what admission would change in the pods of manifests, as `kubectl diff` shows changes. */
export function run(argv: string[], io: CommandIo): Promise<number> {
  return runCommand("diff", io, async () => {
    const options = parseOptions(argv, { ...diffOptions, full: { type: "boolean" } });
    if (options.help) {
      await printHelp(io, help.diff);
      return 0;
    }
    const documents = await decideManifests(options, io);
    const objects = documents.flatMap((document) => document.objects);
    const paint = paintWith(io.color);
    const text = objects.map((object) => diffOf(object, options.full === true, paint)).join("");
    await print(io.stdout, text);
    const refused = objects.filter(({ decision }) => decision?.verdict === "rejected");
    await print(io.stderr, refused.map(reportLines).join(""));
    if (refused.length > 0) return 3;
    return text === "" ? 0 : 1;
  });
}

function diffOf(decided: DecidedObject, full: boolean, paint: Paint): string {
  const { object, namespace, edits, decision } = decided;
  if (edits.length === 0 || decision?.verdict === "rejected") return "";
  // As kubectl names its files: group, version, kind, namespace, name.
  const type = `${object.apiVersion.replace("/", ".")}.${object.kind}`;
  const name = `${type}.${namespace}.${object.name}`.replace(/\s+/g, " ");
  const write = (value: unknown): string => toYaml(full ? value : shortenScripts(value));
  const names = { before: `manifest/${name}`, after: `admitted/${name}` };
  return unifiedDiff(write(object.value), write(editedValue(decided)), names, paint);
}
