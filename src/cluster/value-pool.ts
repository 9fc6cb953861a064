/** A text that is kept once, and a number that nothing else has. */
interface SharedText {
  readonly value: string;
  readonly id: number;
}

/** What a list or object is made of; its parts are shared already, so that equal ones are the same. */
interface Whole {
  /** The keys of an object; undefined for a list. */
  readonly names: readonly string[] | undefined;
  /** Whether the object has no prototype. */
  readonly bare: boolean;
  readonly parts: readonly unknown[];
}

/** A list or object that is kept once. */
interface SharedWhole extends Whole {
  readonly value: object;
  readonly id: number;
  /** Another one with the same hash. */
  readonly next: SharedWhole | undefined;
}

interface Generation {
  readonly texts: Map<string, SharedText>;
  /** By a hash of their parts. */
  readonly wholes: Map<number, SharedWhole>;
}

/** Longer texts come hardly ever twice, and comparing them is dear. */
const longestText = 256;
/** What remembering a text, a list, an object or a member of one takes, counted as characters. */
const entrySize = 4;

/**
 * Keeps equal parts of objects once: thousands of clients differ in a few paths only.
 *
 * The pool remembers by two generations, each of about `capacity` characters: a value that comes again and again stays,
 * one that never comes again is forgotten, so the pool does not grow with what passes through it.
 */
export class ValuePool {
  readonly #capacity: number;
  #young = emptyGeneration();
  #old = emptyGeneration();
  #youngSize = 0;
  #lastId = 0;

  constructor(capacity = 100_000) {
    // Small enough that what is forgotten dies young, before the collector takes it for long-lived.
    this.#capacity = capacity;
  }

  /**
   * A frozen value equal to `value`, the same one for equal values where the pool remembers them.
   * `value` is JSON; it is not changed. Throws a `RangeError` when it is nested deeper than 100 levels.
   */
  share<T>(value: T): T {
    const shared: unknown[] = [undefined];
    this.#put(value, 0, shared, 0);
    // The pool returns what is equal to `value` down to its leaves, hence of the same type.
    return shared[0] as T;
  }

  /** Puts what `value` is shared as at `place` of `to`. Returns a number that is the same for equal values. */
  #put(value: unknown, depth: number, to: unknown[], place: number): number {
    if (depth > 100) throw new RangeError("nested deeper than 100 levels");
    if (typeof value === "object" && value !== null) {
      const whole = Array.isArray(value) ? this.#shareList(value, depth) : this.#shareObject(value, depth);
      to[place] = whole.value;
      return whole.id;
    }
    if (typeof value === "string" && value.length <= longestText) {
      const text = this.#shareText(value);
      to[place] = text.value;
      return text.id;
    }
    to[place] = value;
    if (typeof value === "string") return value.length;
    return typeof value === "number" ? value | 0 : Number(value === true);
  }

  #shareText(value: string): SharedText {
    const young = this.#young.texts.get(value);
    if (young !== undefined) return young;
    const shared = this.#old.texts.get(value) ?? { value, id: this.#newId() };
    this.#young.texts.set(value, shared);
    this.#grow(value.length + entrySize);
    return shared;
  }

  #shareList(list: readonly unknown[], depth: number): SharedWhole {
    const parts: unknown[] = new Array(list.length);
    let hash = list.length;
    for (let index = 0; index < list.length; index += 1)
      hash = mixed(hash, this.#put(list[index], depth + 1, parts, index));
    return this.#remembered(list, { names: undefined, bare: false, parts }, hash);
  }

  #shareObject(object: object, depth: number): SharedWhole {
    let names = Object.keys(object);
    // An own key of this name would become the prototype of whoever copies the object key by key.
    if (Object.hasOwn(object, "__proto__")) names = names.filter((name) => name !== "__proto__");
    const parts: unknown[] = new Array(names.length);
    let hash = ~names.length;
    for (let index = 0; index < names.length; index += 1)
      hash = mixed(hash, this.#put(Reflect.get(object, names[index] ?? ""), depth + 1, parts, index));
    return this.#remembered(object, { names, bare: Object.getPrototypeOf(object) === null, parts }, hash);
  }

  #remembered(original: object, whole: Whole, hash: number): SharedWhole {
    const next = this.#young.wholes.get(hash);
    const young = find(next, whole);
    if (young !== undefined) return young;
    const old = find(this.#old.wholes.get(hash), whole);
    const { names, bare, parts } = old ?? whole;
    const value = old?.value ?? Object.freeze(copyOf(original, whole));
    const shared = { names, bare, parts, value, id: old?.id ?? this.#newId(), next };
    this.#young.wholes.set(hash, shared);
    this.#grow(entrySize * (parts.length + 1));
    return shared;
  }

  #newId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #grow(size: number): void {
    this.#youngSize += size;
    if (this.#youngSize <= this.#capacity) return;
    this.#old = this.#young;
    this.#young = emptyGeneration();
    this.#youngSize = 0;
  }
}

function emptyGeneration(): Generation {
  return { texts: new Map(), wholes: new Map() };
}

function mixed(hash: number, part: number): number {
  return (Math.imul(hash, 31) + part) | 0;
}

function find(first: SharedWhole | undefined, { names, bare, parts }: Whole): SharedWhole | undefined {
  for (let whole = first; whole !== undefined; whole = whole.next)
    if (whole.bare === bare && areSame(whole.parts, parts) && areSame(whole.names, names)) return whole;
  return undefined;
}

function areSame(some: readonly unknown[] | undefined, others: readonly unknown[] | undefined): boolean {
  if (some === undefined || others === undefined) return some === others;
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index += 1) if (some[index] !== others[index]) return false;
  return true;
}

/** A list's parts are its copy. An object is copied as a whole first, which takes no more memory than it has to. */
function copyOf(original: object, { names, bare, parts }: Whole): object {
  if (names === undefined) return parts;
  const copy: Record<string, unknown> = bare ? Object.assign(Object.create(null), original) : { ...original };
  Reflect.deleteProperty(copy, "__proto__");
  for (const [index, name] of names.entries()) copy[name] = parts[index];
  return copy;
}
