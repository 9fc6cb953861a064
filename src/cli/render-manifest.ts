import { Document, isCollection, parseDocument } from "yaml";
import { readOptions, toYaml, writeOptions } from "../cluster/kubernetes-yaml.ts";
import { patchOf } from "../types/edit.ts";
import type { DecidedObject } from "./decide-object.ts";
import { detectIndentation } from "./detect-indentation.ts";
import { editDocument, hasAliases } from "./edit-document.ts";
import { keepLayout } from "./keep-layout.ts";
import type { ManifestDocument } from "./read-manifest.ts";

/** A document of the input and what was decided about its objects. */
export interface DecidedDocument {
  readonly document: ManifestDocument;
  readonly objects: readonly DecidedObject[];
}

/** The documents as one YAML stream: untouched ones byte for byte, refused objects left out. */
export function renderYaml(documents: readonly DecidedDocument[]): string {
  let stream = "";
  for (const document of documents) {
    const text = renderDocument(document);
    if (text === "") continue;
    if (stream !== "" && !stream.endsWith("\n")) stream += "\n";
    const marked = /^(?:[^\S\n]*(?:#[^\n]*)?\n)*---(?:\s|$)/.test(text);
    stream += stream === "" || marked ? text : `---\n${text}`;
  }
  return stream;
}

/** One object as itself, several as a `List`. */
export function renderJson(documents: readonly DecidedDocument[]): string {
  const values = documents.flatMap(({ objects }) => objects.filter(isKept).map(editedValue));
  const [only] = values;
  const result = values.length === 1 ? only : { apiVersion: "v1", kind: "List", metadata: {}, items: values };
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** For each object that is kept, its name and the JSON patch that injects into it (RFC 6902; none when unchanged). */
export function renderPatches(documents: readonly DecidedDocument[]): string {
  const patches = documents.flatMap(({ objects }) =>
    objects.filter(isKept).map(({ object, namespace, edits }) => ({
      kind: object.kind,
      namespace,
      name: object.name,
      patch: patchOf(edits),
    })),
  );
  return `${JSON.stringify(patches, null, 2)}\n`;
}

function isKept({ decision }: DecidedObject): boolean {
  return decision?.verdict !== "rejected";
}

/** The object after its edits. */
export function editedValue({ object, edits }: DecidedObject): unknown {
  const document = new Document(object.value, { aliasDuplicateObjects: false });
  const operations = edits.map(({ operation }) => operation);
  editDocument(document, [], operations);
  return document.toJS();
}

function renderDocument({ document, objects }: DecidedDocument): string {
  const refused = objects.filter((object) => !isKept(object));
  const edited = objects.filter(({ edits }) => edits.length > 0);
  if (refused.length === 0 && edited.length === 0) return document.text;
  if (refused.some(({ object }) => object.path.length === 0)) return "";

  const asPlain = hasAliases(document.document) || isFlow(document.document);
  const target = asPlain ? plainCopy(document) : parseDocument(document.text, readOptions);
  for (const { object, edits } of edited)
    editDocument(
      target,
      object.path,
      edits.map(({ operation }) => operation),
    );
  for (const { object } of refused.toReversed()) target.deleteIn(object.path);
  if (asPlain) return toYaml(target.toJS());
  const style = { ...writeOptions, ...detectIndentation(document.text) };
  const printed = parseDocument(document.text, readOptions).toString(style);
  return keepLayout(document.text, printed, target.toString(style), target.toJS());
}

function plainCopy({ document }: ManifestDocument): Document {
  return new Document(document.toJS(), { aliasDuplicateObjects: false });
}

/** The whole document is one flow collection, as JSON is: there are no comments, and blocks read better. */
function isFlow({ contents }: Document): boolean {
  return isCollection(contents) && contents.flow === true;
}
