import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { type Document, LineCounter, type Node, parseDocument } from "yaml";
import { readOptions } from "../cluster/kubernetes-yaml.ts";
import { isRawObject } from "../cluster/raw-fields.ts";
import { messageOf } from "../types/error-message.ts";
import { InputError } from "./input-error.ts";
import { splitDocuments } from "./split-documents.ts";

export type ManifestPath = readonly (string | number)[];

/** A YAML document of the input, with the objects that it holds. */
export interface ManifestDocument {
  /** The name of its file, "standard input" for "-". */
  readonly file: string;
  /** As it came in, byte for byte. */
  readonly text: string;
  readonly document: Document.Parsed;
  /** One, or the items of a `List`; none when there are only comments. */
  readonly objects: readonly ManifestObject[];
}

export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** "" when it states none. */
  readonly name: string;
  readonly namespace?: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** Where in its document it stands; empty for the whole document. */
  readonly path: ManifestPath;
  /** "file:line:column", for messages. */
  readonly place: string;
}

/** Reads files of Kubernetes manifests, "-" being `stdin`. Throws `InputError` with everything that is unreadable. */
export async function readManifests(files: readonly string[], stdin: Readable): Promise<ManifestDocument[]> {
  const problems: string[] = [];
  const documents: ManifestDocument[] = [];
  for (const file of files) {
    const name = file === "-" ? "standard input" : file;
    const text = await readText(file, stdin).catch((error: unknown) => {
      problems.push(`${name}: ${whyUnreadable(error)}`);
      return undefined;
    });
    if (text === undefined) continue;
    const before = problems.length;
    const read = readManifest(name, text, problems);
    if (read.every(({ objects }) => objects.length === 0) && problems.length === before)
      problems.push(`${name}: holds no Kubernetes object`);
    documents.push(...read);
  }
  if (problems.length > 0) throw new InputError(problems);
  return documents;
}

/** The objects of one text, such as somebody pasted. Throws `InputError` with everything that is unreadable. */
export function parseManifest(text: string): ManifestObject[] {
  const problems: string[] = [];
  const documents = readManifest("line", text, problems);
  if (problems.length > 0) throw new InputError(problems);
  return documents.flatMap(({ objects }) => objects);
}

async function readText(file: string, stdin: Readable): Promise<string> {
  const bytes = file === "-" ? await readAll(stdin) : await readFile(file);
  if (!isUtf8(bytes)) throw new Error("is not UTF-8: save it in that encoding");
  return bytes.toString("utf8");
}

async function readAll(stdin: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The system's reason in words. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "is a directory: name its files, -f may be given several times";
  if (code === "EACCES") return "may not be read (permission denied)";
  return messageOf(error);
}

function readManifest(file: string, text: string, problems: string[]): ManifestDocument[] {
  return splitDocuments(text).map((part) => {
    const lineCounter = new LineCounter();
    const document = parseDocument(part.text, { ...readOptions, lineCounter });
    const placeOf = (offset: number): string => {
      const { line, col } = lineCounter.linePos(offset);
      return `${file}:${part.line + line - 1}:${col}`;
    };
    const [error] = document.errors;
    if (error !== undefined) {
      problems.push(
        `${placeOf(error.pos[0])}: ${error.message.replace(/ at line \d+, column \d+:[\s\S]*/, "")}`,
      );
      return { file, text: part.text, document, objects: [] };
    }
    const place = (path: ManifestPath): string => placeOf(offsetAt(document, path));
    return { file, text: part.text, document, objects: findObjects(document, place, problems) };
  });
}

/** Where the node at `path` begins; the nearest node above it where there is none. */
function offsetAt(document: Document.Parsed, path: ManifestPath): number {
  const node = document.getIn(path, true) as Partial<Node> | null | undefined;
  const offset = node?.range?.[0];
  if (offset !== undefined || path.length === 0) return offset ?? 0;
  return offsetAt(document, path.slice(0, -1));
}

function findObjects(
  document: Document.Parsed,
  place: (path: ManifestPath) => string,
  problems: string[],
): ManifestObject[] {
  const found: ManifestObject[] = [];
  const visit = (value: unknown, path: ManifestPath, listKind: string): void => {
    const kind = isRawObject(value) ? (value["kind"] ?? listKind) : "";
    if (!isRawObject(value))
      problems.push(`${place(path)}: is not a Kubernetes object (a mapping with apiVersion and kind)`);
    else if (typeof kind !== "string" || kind === "") problems.push(`${place(path)}: the object has no kind`);
    else if (kind.endsWith("List") && Array.isArray(value["items"]))
      for (const [index, item] of value["items"].entries())
        visit(item, [...path, "items", index], kind.slice(0, -"List".length));
    else found.push(describeObject(value, kind, path, place(path)));
  };
  const value = toPlain(document, (reason) => problems.push(`${place([])}: ${reason}`));
  if (value !== null && value !== undefined) visit(value, [], "");
  return found;
}

function toPlain(document: Document.Parsed, complain: (reason: string) => void): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias to nothing, or aliases that multiply beyond measure.
    complain(messageOf(error));
    return undefined;
  }
}

function describeObject(
  value: Record<string, unknown>,
  kind: string,
  path: ManifestPath,
  place: string,
): ManifestObject {
  const metadata = isRawObject(value["metadata"]) ? value["metadata"] : {};
  const namespace = metadata["namespace"];
  const name = metadata["name"] ?? metadata["generateName"];
  return {
    apiVersion: typeof value["apiVersion"] === "string" ? value["apiVersion"] : "",
    kind,
    name: typeof name === "string" ? name : "",
    ...(typeof namespace === "string" && namespace !== "" ? { namespace } : {}),
    value,
    path,
    place,
  };
}
