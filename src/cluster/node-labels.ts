type Labels = Readonly<Record<string, string>>;

const none: Labels = {};
const noValues: ReadonlyMap<string, number> = new Map();

/** How many nodes carry which label, kept up to date node by node. */
export class NodeLabels {
  readonly #byKey = new Map<string, number>();
  /** By value; only for labels that were asked for by value, until one of their values changes. */
  readonly #byValue = new Map<string, ReadonlyMap<string, number>>();

  /** How many nodes carry the label, whatever its value. */
  count(key: string): number {
    return this.#byKey.get(key) ?? 0;
  }

  /** How many of `nodes`, which are all that there are, carry the label with each value. */
  countByValue(key: string, nodes: Iterable<{ readonly labels: Labels }>): ReadonlyMap<string, number> {
    if (this.count(key) === 0) return noValues;
    const known = this.#byValue.get(key);
    if (known !== undefined) return known;
    const values = new Map<string, number>();
    for (const { labels } of nodes) {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      if (value !== undefined) values.set(value, (values.get(value) ?? 0) + 1);
    }
    this.#byValue.set(key, values);
    return values;
  }

  /** A node's labels have changed; a node that is new had none before, one that is gone has none after. */
  change(before: Labels = none, after: Labels = none): void {
    for (const key of Object.keys(before)) {
      if (before[key] !== after[key]) this.#byValue.delete(key);
      if (!Object.hasOwn(after, key)) this.#add(key, -1);
    }
    for (const key of Object.keys(after)) {
      if (Object.hasOwn(before, key)) continue;
      this.#byValue.delete(key);
      this.#add(key, 1);
    }
  }

  #add(key: string, nodes: number): void {
    const count = this.count(key) + nodes;
    if (count > 0) this.#byKey.set(key, count);
    else this.#byKey.delete(key);
  }
}
