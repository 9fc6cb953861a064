import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJsonList } from "../../src/cluster/json-list-stream.ts";
import type { RawObject } from "../../src/cluster/raw-fields.ts";

/** `text` in pieces of these sizes in turn. */
async function* inPieces(text: string, sizes: readonly number[]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(chunks: AsyncIterable<Buffer>): Promise<{ items: RawObject[]; list: RawObject }> {
  const items: RawObject[] = [];
  const parts = readJsonList(chunks);
  for (;;) {
    const part = await parts.next();
    if (part.done) return { items, list: part.value };
    items.push(...part.value);
  }
}

/** So long that a list of some of them arrives in several parts. */
const filler = '\\ "é]}🚢 '.repeat(6_000);

describe("readJsonList", () => {
  it("gives what JSON.parse gives, wherever the text is cut", async () => {
    const item = fc.dictionary(fc.string(), fc.jsonValue());
    const pieces = fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        item,
        fc.array(item),
        item,
        fc.nat(2),
        pieces,
        async (before, items, after, indent, sizes) => {
          const { items: _, ...tail } = after;
          const long = items.map((one, index) => ({ ...one, filler, index }));
          const list = JSON.parse(JSON.stringify({ ...before, items: long, ...tail }));
          const found = await read(inPieces(JSON.stringify(list, null, indent), sizes));
          expect(found.items).toEqual(list.items);
          expect({ ...found.list, items: list.items }).toEqual(list);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("leaves managed fields out", async () => {
    const metadata = { name: "a", managedFields: [{ manager: "m", fieldsV1: { "f:spec": {} } }], uid: "u" };
    const { items } = await read(inPieces(JSON.stringify({ items: [{ metadata }] }), [7]));
    expect(items).toEqual([{ metadata: { ...metadata, managedFields: [] } }]);
  });

  it.each([
    ['{"items":null,"metadata":{"resourceVersion":"7"}}', null],
    ['{"metadata":{"resourceVersion":"7"},"items": [ ] }', []],
    ['{"metadata":{"resourceVersion":"7"}}', undefined],
  ])("reads %s as a whole", async (text, items) => {
    const found = await read(inPieces(text, [5]));
    expect(found.items).toEqual([]);
    expect(found.list["metadata"]).toEqual({ resourceVersion: "7" });
    expect(found.list["items"]).toEqual(items);
  });

  const object = JSON.stringify({ filler });
  it.each([
    "",
    "[]",
    "<html>",
    '{"items":[{"a":1}',
    '{"items":[{"a":1}]',
    '{"items":[{"a":1},',
    '{"items":[{"a":1},2]}',
    '{"items":[{"a":}]}',
    '{"items":[{"a":1}], "items":[{"b":2}]}',
    '{"items":[{"a":1}]} x',
    `{"items":[${object},${object},${object.slice(0, -9)}`,
    `{"items":[${object},${object},${object},7]}`,
  ])("throws for what is no whole list (%#)", async (text) => {
    await expect(read(inPieces(text, [50_000]))).rejects.toThrow(SyntaxError);
  });

  it("keeps little of a long list in hand", async () => {
    const item = JSON.stringify({ filler: "x".repeat(1_000) });
    let given = 0;
    const endless = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from(`{"items":[${item}`);
      for (; given < 50_000; given += 1) yield Buffer.from(`,${item}`);
    };
    const parts = readJsonList(endless());
    const first = await parts.next();
    expect(first.done).toBe(false);
    expect(given).toBeLessThan(500);
    await parts.return({});
  });
});
