import type { CommandIo } from "./command-io.ts";
import { type DecidedObject, describeObject } from "./decide-object.ts";
import { describeDecision } from "./describe-decision.ts";
import { help } from "./help.ts";
import { decideManifests, exitCodeOf, manifestOptions, readFormat } from "./manifest-command.ts";
import { type Paint, paintWith } from "./paint.ts";
import { parseOptions } from "./parse-options.ts";
import { print } from "./print.ts";
import { printHelp } from "./print-help.ts";
import { runCommand } from "./run-command.ts";
import { wrapText } from "./wrap-text.ts";

/** `sluice explain`: what would be done with the pods of manifests, and why, in words or as JSON. */
export function run(argv: string[], io: CommandIo): Promise<number> {
  return runCommand("explain", io, async () => {
    const options = parseOptions(argv, manifestOptions);
    if (options.help) {
      await printHelp(io, help.explain);
      return 0;
    }
    const format = readFormat(options.output, ["text", "json"]);
    const documents = await decideManifests(options, io);
    const objects = documents.flatMap((document) => document.objects);
    const paint = paintWith(io.color);
    const text =
      format === "json"
        ? `${JSON.stringify(objects.map(asJson), null, 2)}\n`
        : objects.map((object) => inWords(object, paint)).join("\n");
    await print(io.stdout, text);
    return exitCodeOf(documents);
  });
}

function inWords(decided: DecidedObject, paint: Paint): string {
  const { decision, pod, hint } = decided;
  if (decision === undefined || pod === undefined)
    return `${paint("bold", describeObject(decided))}: unchanged: a ${decided.object.kind} makes no pods\n`;
  const words = describeDecision(describeObject(decided), decision, pod, paint);
  return hint === undefined ? words : words + wrapText(hint, "    ");
}

/** The decision as it is, but for the pod itself, which `sluice inject` gives; paths are the object's own. */
function asJson({ object, namespace, decision, edits }: DecidedObject): unknown {
  const { pod: _pod, ...rest } = decision ?? { verdict: "unchanged", volumes: [], findings: [] };
  return { kind: object.kind, namespace, name: object.name, ...rest, edits };
}
