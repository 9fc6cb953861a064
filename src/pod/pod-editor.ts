import type { Operation } from "fast-json-patch";
import type { Pod } from "kubernetes-types/core/v1";
import type { Edit } from "../types/edit.ts";

export type Path = readonly (string | number)[];

/**
 * Edits a pod and records each edit as an RFC 6902 operation.
 *
 * The pod that came in is never changed: objects along an edited path are copied once (a whole clone would cost more
 * than the decision), and no edit goes through a typed model, so that fields unknown to us survive.
 */
export class PodEditor {
  readonly edits: Edit[] = [];
  #pod: Pod;
  readonly #copied = new WeakSet<object>();

  constructor(pod: Pod) {
    this.#pod = pod;
  }

  /** The pod with all edits so far; a snapshot to read from, not to write to. */
  get pod(): Pod {
    return this.#pod;
  }

  /** Sets the member at `path`. Its parent must exist. Nothing is recorded when the value stands there already. */
  set(path: Path, value: unknown, why: string): void {
    const [parent, key] = this.#read(path);
    const isThere = Object.hasOwn(parent, key);
    if (isThere && isEqual(parent[key], value)) return;
    this.#record({ op: isThere ? "replace" : "add", path: pointer(path), value }, why);
    this.#own(path)[key] = value;
  }

  /** Sets members of the map at `path`, which is made when it is missing. */
  merge(path: Path, entries: Readonly<Record<string, unknown>>, why: string): void {
    if (Object.keys(entries).length === 0) return;
    const [parent, key] = this.#read(path);
    if (parent[key] === undefined || parent[key] === null) this.set(path, { ...entries }, why);
    else for (const [name, value] of Object.entries(entries)) this.set([...path, name], value, why);
  }

  /** Removes the member at `path`, if it is there. */
  remove(path: Path, why: string): void {
    const [parent, key] = this.#read(path);
    if (!Object.hasOwn(parent, key)) return;
    this.#record({ op: "remove", path: pointer(path) }, why);
    const owned = this.#own(path);
    if (Array.isArray(owned)) owned.splice(Number(key), 1);
    else delete owned[key];
  }

  /** Inserts into the list at `path` before `index`; the list is made when it is missing. */
  insert(path: Path, index: number, value: unknown, why: string): void {
    const list = this.#list(path);
    if (list === undefined) {
      this.set(path, [value], why);
      return;
    }
    const at = [...path, index];
    this.#record({ op: "add", path: pointer(at), value }, why);
    (this.#own(at) as unknown as unknown[]).splice(index, 0, value);
  }

  /** Inserts at the end of the list at `path`; the list is made when it is missing. */
  append(path: Path, value: unknown, why: string): void {
    this.insert(path, this.#list(path)?.length ?? 0, value, why);
  }

  /** Moves an item of the list at `path`; `to` counts in the list without the item. */
  move(path: Path, from: number, to: number, why: string): void {
    const owned = this.#own([...path, from]) as unknown as unknown[];
    this.#record({ op: "move", from: pointer([...path, from]), path: pointer([...path, to]) }, why);
    owned.splice(to, 0, ...owned.splice(from, 1));
  }

  #record(operation: Operation, why: string): void {
    this.edits.push({ operation, why });
  }

  #list(path: Path): unknown[] | undefined {
    const [parent, key] = this.#read(path);
    const value = parent[key];
    return Array.isArray(value) ? value : undefined;
  }

  /** The object that holds the last key of `path`, and that key. Throws when the way to it does not exist. */
  #read(path: Path): [Record<string, unknown>, string] {
    let at: unknown = this.#pod;
    for (const key of path.slice(0, -1)) at = isObject(at) ? at[key] : undefined;
    if (!isObject(at)) throw new Error(`the pod has no ${pointer(path.slice(0, -1))}`);
    return [at, String(path.at(-1))];
  }

  /** As `#read`, with every object on the way copied, so that it may be written to. */
  #own(path: Path): Record<string, unknown> {
    if (!this.#copied.has(this.#pod)) this.#pod = this.#copy(this.#pod);
    let at = this.#pod as Record<string, unknown>;
    for (const key of path.slice(0, -1)) {
      let child = at[key] as Record<string, unknown>;
      if (!this.#copied.has(child)) child = this.#copy(child);
      at[key] = child;
      at = child;
    }
    return at;
  }

  #copy<T extends object>(value: T): T {
    const copy = (Array.isArray(value) ? [...value] : { ...value }) as T;
    this.#copied.add(copy);
    return copy;
  }
}

/** RFC 6901. */
function pointer(path: Path): string {
  let text = "";
  for (const key of path) text += `/${typeof key === "string" && /[~/]/.test(key) ? escapeToken(key) : key}`;
  return text;
}

function escapeToken(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function isObject(value: unknown): value is Record<string | number, unknown> {
  return typeof value === "object" && value !== null;
}

function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
  );
}
