import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ValuePool } from "../../src/cluster/value-pool.ts";

describe("ValuePool", () => {
  it("keeps equal values once and shares the equal parts of different ones", () => {
    const pool = new ValuePool();
    const make = (path: string): object => ({ env: [{ name: "A", value: "1" }], mount: { path } });
    const first = pool.share(make("/a"));
    expect(pool.share(make("/a"))).toBe(first);
    const other = pool.share(make("/b"));
    expect(other).not.toBe(first);
    expect(Reflect.get(other, "env")).toBe(Reflect.get(first, "env"));
  });

  it("returns what is equal to the value, however little it remembers", () => {
    for (const capacity of [0, 20, 100_000]) {
      const pool = new ValuePool(capacity);
      fc.assert(
        fc.property(fc.jsonValue(), (value) => {
          const expected = JSON.stringify(value, (key, part) => (key === "__proto__" ? undefined : part));
          expect(JSON.stringify(pool.share(value))).toBe(expected);
        }),
        { numRuns: 200 },
      );
    }
  });

  it("does not take different values for the same", () => {
    const pool = new ValuePool();
    const values = [
      1,
      "1",
      null,
      "null",
      [1],
      ["1"],
      [[1]],
      { 0: 1 },
      "#1",
      ["#1"],
      [],
      {},
      "",
      [""],
      { a: "b:c" },
      { "a:b": "c" },
      true,
      "true",
    ];
    for (const value of [...values, ...values]) expect(pool.share(value)).toEqual(value);
    const bare = Object.assign(Object.create(null), { a: "b" });
    expect(Object.getPrototypeOf(pool.share({ a: "b" }))).toBe(Object.prototype);
    expect(Object.getPrototypeOf(pool.share(bare))).toBeNull();
  });

  it("leaves what it is given alone and freezes what it gives", () => {
    const pool = new ValuePool();
    const value = { list: [{ a: "b" }] };
    const shared = pool.share(value);
    expect(Object.isFrozen(value)).toBe(false);
    expect(Object.isFrozen(shared) && Object.isFrozen(shared.list) && Object.isFrozen(shared.list[0])).toBe(
      true,
    );
  });

  it("keeps what comes again and again, and forgets the rest", () => {
    const pool = new ValuePool(1_000);
    const often = pool.share({ image: "often" });
    const once = pool.share({ image: "once" });
    for (let index = 0; index < 1_000; index += 1) {
      pool.share({ image: `other-${index}` });
      expect(pool.share({ image: "often" })).toBe(often);
    }
    expect(pool.share({ image: "once" })).not.toBe(once);
  });

  it("drops __proto__ keys and refuses endless nesting", () => {
    const pool = new ValuePool();
    expect(Object.keys(pool.share(JSON.parse('{"__proto__": {"a": 1}, "b": 2}')))).toEqual(["b"]);
    let deep: unknown = "leaf";
    for (let depth = 0; depth < 10_000; depth += 1) deep = [deep];
    expect(() => pool.share(deep)).toThrow("deeper than 100");
  });
});
