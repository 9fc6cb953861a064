/** Tells those who wait for an object that it has changed. An object is named by a key that is unique to it. */
export class ObjectChanges {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** Calls `listener` at each change of one of the objects `keys`, until the returned function is called. */
  listen(keys: readonly string[], listener: () => void): () => void {
    for (const key of keys) {
      const listeners = this.#listeners.get(key) ?? new Set();
      this.#listeners.set(key, listeners.add(listener));
    }
    return () => {
      for (const key of keys) {
        const listeners = this.#listeners.get(key);
        listeners?.delete(listener);
        if (listeners?.size === 0) this.#listeners.delete(key);
      }
    };
  }

  /** Whether anybody listens to this object. */
  has(key: string): boolean {
    return this.#listeners.has(key);
  }

  /** Tells all who listen to this object. */
  tell(key: string): void {
    for (const listener of [...(this.#listeners.get(key) ?? [])]) listener();
  }
}
