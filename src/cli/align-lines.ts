import { diffLines } from "./diff-lines.ts";

/** Lines of an original text, and the numbers of the lines of its printed form that stand for them. */
export interface LineChunk {
  readonly original: readonly string[];
  readonly printed: readonly number[];
}

export interface AlignedLines {
  readonly byPrinted: ReadonlyMap<number, LineChunk>;
  /** Lines that no printed line stands for, such as second blank lines, by the printed line that follows them. */
  readonly gaps: ReadonlyMap<number, readonly string[]>;
}

/** Finds out which lines of a text became which when it was printed anew; spaces do not count. */
export function alignLines(original: readonly string[], printed: readonly string[]): AlignedLines {
  const byPrinted = new Map<number, LineChunk>();
  const gaps = new Map<number, readonly string[]>();
  let lines: string[] = [];
  let numbers: number[] = [];
  const close = (next: number): void => {
    const chunk = { original: lines, printed: numbers };
    for (const number of numbers) byPrinted.set(number, chunk);
    if (numbers.length === 0 && lines.length > 0) gaps.set(next, lines);
    lines = [];
    numbers = [];
  };
  const squeeze = (line: string): string => line.replace(/\s+/g, "");
  for (const line of diffLines(original, printed, squeeze)) {
    if (line.kind === "same") {
      close(line.after);
      byPrinted.set(line.after, { original: [original[line.before] ?? ""], printed: [line.after] });
    } else if (line.kind === "removed") lines.push(line.text);
    else numbers.push(line.after);
  }
  close(printed.length);
  return { byPrinted, gaps };
}
