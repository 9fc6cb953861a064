import type { Pod } from "kubernetes-types/core/v1";
import { isRawObject } from "../cluster/raw-fields.ts";
import { type TakenOut, takeOut } from "../pod/take-out/take-out.ts";
import type { CommandIo } from "./command-io.ts";
import { type DecidedObject, describeObject, moveBelow, withoutNulls } from "./decide-object.ts";
import { help } from "./help.ts";
import { filesOf, readFormat } from "./manifest-command.ts";
import { parseOptions } from "./parse-options.ts";
import { findPod } from "./pod-template.ts";
import { print, printExactly } from "./print.ts";
import { printHelp } from "./print-help.ts";
import { type ManifestObject, readManifests } from "./read-manifest.ts";
import { renderJson, renderPatches, renderYaml } from "./render-manifest.ts";
import { runCommand } from "./run-command.ts";

/** An object of the input and what is taken out of it; `taken` is absent for one that makes no pods. */
interface Uninjected extends DecidedObject {
  readonly taken?: TakenOut;
}

/** `sluice uninject`: the manifests without what was injected on stdout, a report on stderr. */
export function run(argv: string[], io: CommandIo): Promise<number> {
  return runCommand("uninject", io, async () => {
    const options = parseOptions(argv, {
      filename: { type: "string", short: "f", multiple: true },
      namespace: { type: "string", short: "n", default: "default" },
      output: { type: "string", short: "o" },
      help: { type: "boolean", short: "h" },
    });
    if (options.help) {
      await printHelp(io, help.uninject);
      return 0;
    }
    const format = readFormat(options.output, ["yaml", "json", "patch"]);
    const documents = (await readManifests(filesOf(options), io.stdin)).map((document) => ({
      document,
      objects: document.objects.map((object) => uninject(object, options.namespace)),
    }));
    const render = { yaml: renderYaml, json: renderJson, patch: renderPatches }[format];
    await printExactly(io.stdout, render(documents));
    const objects = documents.flatMap((document) => document.objects);
    await print(io.stderr, objects.map(report).join(""));
    return objects.some(({ taken }) => taken !== undefined && taken.blocking.length > 0) ? 1 : 0;
  });
}

/** Throws `InputError` for a workload without template. */
function uninject(object: ManifestObject, defaultNamespace: string): Uninjected {
  const namespace = object.namespace ?? defaultNamespace;
  const part = findPod(object);
  const pod = withoutNulls(part?.pod);
  if (part === undefined || !isPod(pod)) return { object, namespace, edits: [] };
  const taken = takeOut(pod);
  const prefix = part.path.map((key) => `/${key}`).join("");
  return { object, namespace, edits: taken.edits.map((edit) => moveBelow(prefix, edit)), taken };
}

function isPod(value: unknown): value is Pod {
  return isRawObject(value) && isRawObject(value["spec"]);
}

function report(object: Uninjected): string {
  const name = describeObject(object);
  const { taken } = object;
  if (taken === undefined) return `${name}: unchanged: a ${object.object.kind} makes no pods\n`;
  const lines =
    taken.blocking.length > 0
      ? taken.blocking.map((why) => `left as it is: ${why}`)
      : [describe(taken), ...taken.notes.map((note) => `note: ${note}`)];
  return lines.map((line) => `${name}: ${line}\n`).join("");
}

function describe({ edits, containers }: TakenOut): string {
  if (edits.length === 0) return "unchanged: nothing of Sluice's is in it";
  if (containers.length === 0) return "taken out: what led it to the cache";
  return `taken out: ${containers.join(", ")}, and what belongs to them`;
}
