import { type DiffLine, diffLines } from "./diff-lines.ts";
import type { Paint } from "./paint.ts";

export interface DiffOptions {
  readonly paint: Paint;
  /** Longer lines are cut. */
  readonly width: number;
  /** How many lines that are the same are shown around those that are not. */
  readonly context: number;
}

/** A unified diff of two texts, for reading: one "@@" line where lines that are the same are left out. */
export function diffText(before: string, after: string, options: DiffOptions): string {
  const lines = diffLines(toLines(before), toLines(after));
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - options.context), index + options.context + 1).some(isChange),
  );
  const out: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (!near[index]) continue;
    if (!near[index - 1])
      out.push(options.paint("cyan", `@@ line ${line.before + 1} before, ${line.after + 1} after @@`));
    out.push(writeLine(line, options));
  }
  return out.map((line) => `${line}\n`).join("");
}

function isChange({ kind }: DiffLine): boolean {
  return kind !== "same";
}

function writeLine({ kind, text }: DiffLine, { paint, width }: DiffOptions): string {
  const cut = text.length + 1 > width ? `${text.slice(0, width - 2)}…` : text;
  if (kind === "same") return ` ${cut}`;
  return kind === "added" ? paint("green", `+${cut}`) : paint("red", `-${cut}`);
}

function toLines(text: string): string[] {
  return text.replace(/\n$/, "").split("\n");
}
