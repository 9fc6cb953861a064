import { toYaml } from "../../src/cluster/kubernetes-yaml.ts";
import { reasonInfo } from "../../src/types/reason.ts";
import type { Expectations } from "./golden-case.ts";
import type { Outcome } from "./outcome.ts";
import { hideScripts } from "./script-placeholders.ts";

/** The files that tell an outcome. Patch and pod are there only when something is changed. */
export function expectationsOf(outcome: Outcome): Expectations {
  const text = tell(outcome);
  if (outcome.patch.length === 0) return { "expected.txt": text };
  const operations = outcome.patch.map((operation) => `  ${JSON.stringify(hideScripts(operation))}`);
  return {
    "expected.patch.json": `[\n${operations.join(",\n")}\n]\n`,
    "expected.pod.yaml": toYaml(hideScripts(outcome.object)),
    "expected.txt": text,
  };
}

/** All that anybody is told, in words. */
function tell({ decision, response }: Outcome): string {
  const { status, warnings = [], auditAnnotations = {} } = response;
  const lines = [
    `verdict: ${decision.verdict}`,
    ...(["mode", "sidecar", "platform"] as const).flatMap((key) =>
      decision[key] === undefined ? [] : [`${key}: ${decision[key]}`],
    ),
    ...(status === undefined ? [] : ["", `refused: ${status.code} ${status.reason}`, `  ${status.message}`]),
    ...(decision.volumes.length === 0 ? [] : ["", "volumes:"]),
    ...decision.volumes.flatMap(({ volume, code, message, dataset, refersTo, client }) => [
      `  ${[`${volume}: ${code}`, dataset && `Dataset ${dataset}`, refersTo && `refers to ${refersTo}`, client].filter(Boolean).join(", ")}`,
      `    ${message}`,
    ]),
    "",
    "findings:",
    ...decision.findings.map(({ code, message, volume }) => {
      const where = volume === undefined ? "" : ` (volume ${volume})`;
      return `  ${reasonInfo(code).level} ${code}${where}: ${message}`;
    }),
    ...(warnings.length === 0 ? [] : ["", "warnings:", ...warnings.map((warning) => `  ${warning}`)]),
    "",
    "audit annotations:",
    ...Object.entries(auditAnnotations).map(([key, value]) => `  ${key}: ${value}`),
  ];
  return `${lines.join("\n")}\n`;
}
