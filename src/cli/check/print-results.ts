import type { Paint } from "../paint.ts";
import { wrapText } from "../wrap-text.ts";
import type { CheckLevel, CheckResult } from "./check-result.ts";

const marks: Readonly<Record<CheckLevel, { mark: string; style: "green" | "yellow" | "red" }>> = {
  ok: { mark: "✓", style: "green" },
  warning: { mark: "!", style: "yellow" },
  error: { mark: "✗", style: "red" },
};

/** Stands in for a space while lines are broken. */
const unbreakable = "\u0001";

/** A table with a line for each check, and with what was found and the remedy under those that are not well. */
export function resultTable(results: readonly CheckResult[], paint: Paint): string {
  const width = Math.max(...results.map(({ check }) => check.length));
  const indent = " ".repeat(width + 4);
  const lines = results.map(({ check, level, message, remedy, details = [] }) => {
    const { mark, style } = marks[level];
    const more = details.map((detail) => wrapText(`- ${detail}`, indent)).join("");
    const toDo = remedy === undefined ? "" : paint("dim", wrapRemedy(remedy, indent));
    return `${paint(style, mark)} ${check.padEnd(width)}  ${wrapText(message, indent).trimStart()}${more}${toDo}`;
  });
  const count = (level: CheckLevel) => results.filter((result) => result.level === level).length;
  const total = (Object.keys(marks) as CheckLevel[]).map(
    (level) => `${count(level)} ${paint(marks[level].style, marks[level].mark)}`,
  );
  return `${lines.join("")}\n${total.join("  ")}\n`;
}

/** A command stays on one line, so that it can be copied. */
function wrapRemedy(remedy: string, indent: string): string {
  const oneWord = remedy.replace(/kubectl .*$/, (command) => command.replaceAll(" ", unbreakable));
  return wrapText(`→ ${oneWord}`, indent).replaceAll(unbreakable, " ");
}
