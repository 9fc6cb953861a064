/** A value that may be shared, and a key that only equal values have. */
interface Shared {
  readonly value: unknown;
  readonly key: string;
}

/**
 * Keeps equal parts of objects once: thousands of clients differ in a few paths only.
 *
 * The pool remembers by two generations, each of at most `capacity` characters of keys: a value that comes again and
 * again stays, one that never comes again is forgotten, so the pool does not grow with what passes through it.
 */
export class ValuePool {
  readonly #capacity: number;
  #young = new Map<string, Shared>();
  #old = new Map<string, Shared>();
  #youngSize = 0;
  #nextId = 0;

  constructor(capacity = 100_000) {
    // Small enough that what is forgotten dies young, before the collector takes it for long-lived.
    this.#capacity = capacity;
  }

  /**
   * A frozen value equal to `value`, the same one for equal values where the pool remembers them.
   * `value` is JSON; it is not changed. Throws a `RangeError` when it is nested deeper than 100 levels.
   */
  share<T>(value: T): T {
    // The pool returns what is equal to `value` down to its leaves, hence of the same type.
    return this.#share(value, 0).value as T;
  }

  #share(value: unknown, depth: number): Shared {
    if (depth > 100) throw new RangeError("nested deeper than 100 levels");
    if (typeof value === "string") return this.#shareText(value);
    if (typeof value !== "object" || value === null) return { value, key: String(value) };
    return Array.isArray(value) ? this.#shareList(value, depth) : this.#shareObject(value, depth);
  }

  #shareText(value: string): Shared {
    const key = JSON.stringify(value);
    return value.length > 256 ? { value, key } : this.#remembered(key, () => ({ value, key }));
  }

  #shareList(list: readonly unknown[], depth: number): Shared {
    const parts = list.map((entry) => this.#share(entry, depth + 1));
    const key = `[${parts.map((part) => part.key).join()}]`;
    return this.#remembered(key, () => this.#named(parts.map((part) => part.value)));
  }

  #shareObject(object: object, depth: number): Shared {
    const plain = Object.getPrototypeOf(object) !== null;
    const copy: Record<string, unknown> = plain ? { ...object } : Object.assign(Object.create(null), object);
    // An own key of this name would become the prototype of whoever copies the object key by key.
    Reflect.deleteProperty(copy, "__proto__");
    let key = plain ? "{" : "(";
    for (const [name, entry] of Object.entries(copy)) {
      const part = this.#share(entry, depth + 1);
      copy[name] = part.value;
      key += `${JSON.stringify(name)}:${part.key},`;
    }
    return this.#remembered(key, () => this.#named(copy));
  }

  /** Lists and objects are known by a number, which keeps the keys of what holds them short. */
  #named(value: object): Shared {
    this.#nextId += 1;
    return { value: Object.freeze(value), key: `#${this.#nextId}` };
  }

  #remembered(key: string, make: () => Shared): Shared {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const shared = this.#old.get(key) ?? make();
    this.#young.set(key, shared);
    this.#youngSize += key.length;
    if (this.#youngSize > this.#capacity) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngSize = 0;
    }
    return shared;
  }
}
