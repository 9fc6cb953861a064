/** One YAML document as it stands in its file, with everything around it. */
export interface DocumentText {
  readonly text: string;
  /** Line of the file at which it begins, from 1. */
  readonly line: number;
}

/**
 * Cuts a YAML stream into its documents without losing a byte: joined, the parts are the stream again.
 * A line that begins with "---" or "..." is a marker wherever it stands, even inside a block of text (YAML 1.2, 9.1.2).
 */
export function splitDocuments(stream: string): DocumentText[] {
  const parts: DocumentText[] = [];
  let lines: string[] = [];
  let first = 1;
  let begun = false;
  const cut = (next: number): void => {
    if (lines.length > 0) parts.push({ text: lines.join(""), line: first });
    lines = [];
    first = next;
    begun = false;
  };
  for (const [index, line] of (stream.match(/[^\n]*\n|[^\n]+/g) ?? []).entries()) {
    const starts = /^---(?:\s|$)/.test(line);
    if (starts && begun) cut(index + 1);
    lines.push(line);
    // Comments and directives before the first "---" belong to the document after it.
    begun ||= starts || !/^\s*(?:#|%|$)/.test(line);
    if (/^\.\.\.(?:\s|$)/.test(line)) cut(index + 2);
  }
  cut(0);
  return parts;
}
