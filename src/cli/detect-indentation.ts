/** How the text of a document is indented; as kubectl writes it where the text does not tell. */
export interface Indentation {
  /** Columns from a key to what is below it. */
  readonly indent: number;
  /** Whether lists are indented below their key. */
  readonly indentSeq: boolean;
}

/** Finds out by the first list and the first mapping that stand below a key. */
export function detectIndentation(text: string): Indentation {
  const lines = text.split("\n").filter((line) => !/^\s*(?:#|$)/.test(line));
  let list: number | undefined;
  let map: number | undefined;
  for (const [index, line] of lines.entries()) {
    const below = lines[index + 1];
    // A key with nothing beside it; keys that follow a dash stand deeper than their line.
    if (below === undefined || !/^ *[^\s-].*:\s*(?:#.*)?$/.test(line)) continue;
    const depth = depthOf(below) - depthOf(line);
    if (/^ *- /.test(below)) list ??= depth;
    else if (depth > 0) map ??= depth;
  }
  const indent = map ?? 2;
  return { indent: indent <= 8 ? indent : 2, indentSeq: (list ?? 0) > 0 };
}

function depthOf(line: string): number {
  return line.search(/[^ ]/);
}
