import type { Operation } from "fast-json-patch";
import { type Document, isCollection, isMap, isNode, isScalar, isSeq, type Node, visit } from "yaml";
import type { ManifestPath } from "./read-manifest.ts";

/**
 * Carries out RFC 6902 operations on a YAML document, so that comments and quoting of all that they do not touch stay.
 * `base` is the path of the object within the document. Throws where an operation's path does not exist.
 */
export function editDocument(document: Document, base: ManifestPath, operations: readonly Operation[]): void {
  for (const operation of operations) {
    const path = [...base, ...parsePointer(operation.path)];
    if (operation.op === "add") add(document, path, document.createNode(operation.value, createOptions));
    else if (operation.op === "replace")
      put(document, path, document.createNode(operation.value, createOptions));
    else if (operation.op === "remove") removeAt(document, path);
    else if (operation.op === "move") {
      const from = [...base, ...parsePointer(operation.from)];
      const node = nodeAt(document, from);
      removeAt(document, from);
      add(document, path, node);
    } else throw new Error(`a ${operation.op} operation is not made by any edit`);
  }
}

// The same object may be a value in several edits; aliases in a manifest would only confuse.
const createOptions = { aliasDuplicateObjects: false };

/** RFC 6901. */
export function parsePointer(pointer: string): string[] {
  const keys = pointer.split("/").slice(1);
  return keys.map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Whether a part of the document stands in several places, so that an edit of one would change the others. */
export function hasAliases(document: Document): boolean {
  let found = false;
  visit(document, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

function nodeAt(document: Document, path: ManifestPath): Node {
  const node = document.getIn(path, true);
  if (node === undefined || node === null) throw new Error(`the manifest has no /${path.join("/")}`);
  return node as Node;
}

function add(document: Document, path: ManifestPath, node: Node): void {
  const parent = nodeAt(document, path.slice(0, -1));
  if (isSeq(parent)) {
    openUp(parent, node);
    parent.items.splice(Number(path.at(-1)), 0, node);
  } else put(document, path, node);
}

function put(document: Document, path: ManifestPath, node: Node): void {
  const key = path.at(-1);
  const parent = nodeAt(document, path.slice(0, -1));
  if (!isCollection(parent) || key === undefined)
    throw new Error(`the manifest has no /${path.slice(0, -1).join("/")}`);
  const old = parent.get(key, true);
  // What is said about the old value is kept with the new one.
  if (isScalar(old) && isScalar(node) && old.comment) node.comment = old.comment;
  if (isNode(old) && old.commentBefore) node.commentBefore = old.commentBefore;
  if (isNode(old) && old.spaceBefore) node.spaceBefore = true;
  openUp(parent, node);
  parent.set(key, node);
}

function removeAt(document: Document, path: ManifestPath): void {
  if (!document.deleteIn(path)) throw new Error(`the manifest has no /${path.join("/")}`);
}

/** `annotations: {}` becomes a block when something is put into it; a written-out flow stays one for short values. */
function openUp(parent: Node, added: Node): void {
  if (!isCollection(parent) || !parent.flow) return;
  const short = isScalar(added) && String(added.value).length <= 40;
  if (parent.items.length === 0 || !short) parent.flow = false;
  if (isMap(parent) && parent.items.length > 4) parent.flow = false;
}
