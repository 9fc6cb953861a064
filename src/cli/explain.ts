import type { Decision } from "../admission/decision.ts";
import type { CommandIo } from "./command-io.ts";
import { type DecidedObject, describeObject } from "./decide-object.ts";
import { describeDecision } from "./describe-decision.ts";
import { explainFolder } from "./explain-folder.ts";
import { explainLive, type LiveFindings } from "./explain-live.ts";
import { help } from "./help.ts";
import { describeReport, type Report } from "./live/describe-report.ts";
import { isTroubled } from "./live/is-troubled.ts";
import { parseAsked } from "./live/object-kinds.ts";
import { decideManifests, exitCodeOf, manifestOptions, readFormat } from "./manifest-command.ts";
import { type Paint, paintWith } from "./paint.ts";
import { parseArguments, UsageError } from "./parse-options.ts";
import { print } from "./print.ts";
import { printHelp } from "./print-help.ts";
import { runCommand } from "./run-command.ts";
import { wrapText } from "./wrap-text.ts";

/** The namespace of a live object is the context's where none is named. */
const explainOptions = { ...manifestOptions, namespace: { type: "string", short: "n" } } as const;

/** `sluice explain`: what would be done with the pods of manifests, or how objects of a cluster stand, and why. */
export function run(argv: string[], io: CommandIo): Promise<number> {
  return runCommand("explain", io, async () => {
    const { values: options, words } = parseArguments(argv, explainOptions);
    if (options.help) {
      await printHelp(io, help.explain);
      return 0;
    }
    const format = readFormat(options.output, ["text", "json"]);
    const paint = paintWith(io.color);
    if (words.length > 0) {
      if (options.filename !== undefined)
        throw new UsageError(`name manifests by -f, or objects such as ${words[0]}, not both`);
      const asked = parseAsked(words);
      const found =
        options.cluster === undefined
          ? await explainLive(asked, options, io)
          : await explainFolder(asked, { ...options, cluster: options.cluster }, io);
      return tell(found, format, paint, io);
    }
    if (options.filename === undefined)
      throw new UsageError(
        'name the manifests with -f FILE ("-" for standard input), or an object of the cluster as KIND/NAME',
      );
    const documents = await decideManifests({ ...options, namespace: options.namespace ?? "default" }, io);
    const objects = documents.flatMap((document) => document.objects);
    const text =
      format === "json"
        ? `${JSON.stringify(objects.map(asJson), null, 2)}\n`
        : objects.map((object) => inWords(object, paint)).join("\n");
    await print(io.stdout, text);
    return exitCodeOf(documents);
  });
}

async function tell(
  { reports, absent, missing }: LiveFindings,
  format: "text" | "json",
  paint: Paint,
  io: CommandIo,
): Promise<number> {
  const text =
    format === "json"
      ? `${JSON.stringify(
          reports.map((report) => ({ ...plain(report), unread: missing })),
          null,
          2,
        )}\n`
      : reports.map((report) => describeReport(report, paint)).join("\n");
  await print(io.stdout, text);
  const lines = [
    ...absent.map((line) => `${line}\n`),
    ...missing.filter((line) => !absent.includes(line)).map((line) => `not seen: ${line}\n`),
  ];
  await print(io.stderr, lines.join(""));
  return absent.length > 0 || reports.some(isTroubled) ? 1 : 0;
}

/** As it is, but for the pods, which are long. */
function plain(report: Report): object {
  if ("outcome" in report) return report;
  if ("stands" in report) return { ...report, ...(report.now && { now: withoutPod(report.now) }) };
  const { now, details, ...rest } = report;
  return { ...rest, ...(now && { now: withoutPod(now) }), details: details.map(plain) };
}

function withoutPod({ pod: _pod, edits: _edits, ...rest }: Decision): object {
  return rest;
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
