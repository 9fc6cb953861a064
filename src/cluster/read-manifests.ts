import { isUtf8 } from "node:buffer";
import { Composer, type Document, LineCounter, Parser } from "yaml";
import { messageOf } from "../types/error-message.ts";
import { readJsonDocuments } from "./json-documents.ts";
import { readJsonListInParts } from "./json-list.ts";
import { readOptions } from "./kubernetes-yaml.ts";
import { positionAt, type TextPosition } from "./manifest-problem.ts";

/** One document of a manifest file as plain JSON values, or why it cannot be read. */
export type ManifestDocument =
  | {
      readonly value: unknown;
      readonly at?: TextPosition;
      /** Of a long list given in parts, the number of the first of the items in `value`. */
      readonly firstItem?: number;
    }
  | { readonly error: string; readonly at?: TextPosition };

/** A YAML document is read in one go, at about 2 MB/s, and takes fifty times its size in memory meanwhile. */
const largestYaml = 16 * 1024 * 1024;
const itemsAtOnce = 50;
/** Files above this size, in bytes, are better not read at all. */
export const largestManifest = 256 * 1024 * 1024;

/**
 * The documents of a manifest file, in order; of YAML one at a time, so that the caller can pause between them.
 * Never throws: what cannot be read comes as a document with an `error`.
 * `name` is the file's name; ".json" is read as JSON, anything else as YAML, or as JSON where it is that.
 */
export function* readManifests(name: string, bytes: Buffer): Generator<ManifestDocument> {
  if (!isUtf8(bytes)) {
    yield { error: "it is not UTF-8; save it in that encoding", at: firstBrokenCharacter(bytes) };
    return;
  }
  const content = withoutByteOrderMark(bytes);
  if (name.endsWith(".json")) yield* readJson(content);
  else if (looksLikeJson(content)) yield* readJson(content);
  else if (bytes.length > largestYaml) {
    yield {
      error: `it is YAML and larger than ${largestYaml / 1024 / 1024} MiB; split it, or write it as JSON`,
    };
  } else yield* readYaml(content.toString("utf8"));
}

function* readJson(bytes: Buffer): Generator<ManifestDocument> {
  try {
    const parts = readJsonListInParts(bytes, itemsAtOnce);
    if (parts === undefined) yield { value: JSON.parse(bytes.toString("utf8")) };
    else for (const { list, first } of parts) yield { value: list, firstItem: first };
  } catch {
    const text = bytes.toString("utf8");
    const documents = readJsonDocuments(text);
    yield* documents.values.map((value) => ({ value }));
    if ("reason" in documents) yield { error: documents.reason, at: positionAt(text, documents.offset) };
  }
}

function* readYaml(text: string): Generator<ManifestDocument> {
  const lines = new LineCounter();
  const place = (offset: number): TextPosition => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  try {
    const composer = new Composer(readOptions);
    for (const document of composer.compose(new Parser(lines.addNewLine).parse(text))) {
      const begin = place(document.contents?.range?.[0] ?? document.range[0]);
      const problem = document.errors[0];
      if (problem === undefined) yield { ...contentsOf(document), at: begin };
      else yield { error: firstLine(problem.message), at: place(problem.pos[0]) };
    }
  } catch (error) {
    yield { error: reasonOf(error) };
  }
}

/** Through JSON, because the parser's texts are slices that keep the whole file in memory. */
function contentsOf(document: Document.Parsed): { readonly value: unknown } | { readonly error: string } {
  try {
    const text = JSON.stringify(document.toJS());
    return { value: text === undefined ? null : JSON.parse(text) };
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

function firstBrokenCharacter(bytes: Buffer): TextPosition {
  const text = bytes.toString("utf8");
  return positionAt(text, Math.max(text.indexOf("\uFFFD"), 0));
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).toString("hex") === "efbbbf" ? bytes.subarray(3) : bytes;
}

/** YAML can begin like JSON, too: with a mapping in braces. */
function looksLikeJson(bytes: Buffer): boolean {
  return (
    /^\s*[{[]/.test(bytes.toString("latin1", 0, 1_000)) &&
    !("reason" in readJsonDocuments(bytes.toString("utf8")))
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return "it is nested too deeply or too large";
  return firstLine(messageOf(error));
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? "";
}
