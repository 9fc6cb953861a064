import type { Pod } from "kubernetes-types/core/v1";
import { toYaml } from "../cluster/kubernetes-yaml.ts";
import type { WhyAnswer } from "../console/api-types.ts";
import { diffLines } from "./diff-lines.ts";
import { shortenScripts } from "./shorten-scripts.ts";

/** How many lines that are the same are shown around those that are not. */
const context = 3;

/** The lines in which a pod changes, as YAML, with a gap where lines that are the same are left out. */
export function diffRows(before: Pod, after: Pod): WhyAnswer["diff"] {
  const lines = diffLines(linesOf(before), linesOf(after));
  const rows: WhyAnswer["diff"] = [];
  const near = new Array<boolean>(lines.length).fill(false);
  for (const [index, { kind }] of lines.entries())
    if (kind !== "same") near.fill(true, Math.max(0, index - context), index + context + 1);
  const last = near.lastIndexOf(true);
  for (const [index, line] of lines.entries()) {
    if (near[index]) rows.push({ ...line, before: line.before + 1, after: line.after + 1 });
    else if (near[index - 1] !== false && index < last)
      rows.push({ kind: "gap", text: "", before: line.before + 1, after: line.after + 1 });
  }
  return rows;
}

function linesOf(pod: Pod): string[] {
  return toYaml(shortenScripts(pod)).replace(/\n$/, "").split("\n");
}
