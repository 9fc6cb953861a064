/** Something in a folder of manifests that is not served as it stands there. */
export interface ManifestProblem {
  /** `warning`: everything is served, though perhaps not as meant. */
  readonly severity: "error" | "warning";
  /** The whole story in words: place, reason and remedy. */
  readonly message: string;
  /** Path of the file inside the folder; absent when it is about the folder itself. */
  readonly file?: string;
  /** Counted from 1. */
  readonly line?: number;
  readonly column?: number;
}

/** Where in a file something stands; line and column are counted from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** The position of the character at `offset`. */
export function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}
