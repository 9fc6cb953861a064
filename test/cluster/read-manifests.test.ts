import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJsonListInParts } from "../../src/cluster/json-list.ts";
import { readManifests } from "../../src/cluster/read-manifests.ts";
import { type ManifestObject, unpackManifest } from "../../src/cluster/unpack-manifest.ts";

function read(
  name: string,
  content: string | Buffer,
): ReturnType<typeof readManifests> extends Generator<infer D> ? D[] : never {
  return [...readManifests(name, Buffer.from(content))];
}

function values(name: string, content: string | Buffer): unknown[] {
  return read(name, content).map((document) => ("value" in document ? document.value : document));
}

describe("documents", () => {
  it.each([
    ["a.json", '{"a": 1}', [{ a: 1 }]],
    ["a.json", '{"a": 1}\n{"b": [true, null, "}"]} 7', [{ a: 1 }, { b: [true, null, "}"] }, 7]],
    ["a.json", '\uFEFF{"a": "ü"}', [{ a: "ü" }]],
    ["a.json", "", []],
    ["a.yaml", "a: 1\n---\nb: 2\n", [{ a: 1 }, { b: 2 }]],
    ["a.yaml", "---\n---\n# nothing\n---\na: 1\n...\n", [null, null, { a: 1 }]],
    ["a.yaml", "", []],
    ["a.yml", "\uFEFFa: ü\r\nb: yes\r\n", [{ a: "ü", b: true }]],
    ["a.yaml", '{"a": 1}\n{"b": 2}', [{ a: 1 }, { b: 2 }]],
    ["a.yaml", "{a: 1}", [{ a: 1 }]],
    ["a.yaml", "x: &x {k: v}\ny:\n  <<: *x\n  l: *x\n", [{ x: { k: "v" }, y: { k: "v", l: { k: "v" } } }]],
    ["a.yaml", "mode: 0644\n", [{ mode: 420 }]],
    ["a.yaml", "? [a, b]\n: c\n", [{ "[ a, b ]": "c" }]],
  ])("%s %j", (name, text, expected) => expect(values(name, text)).toEqual(expected));

  it("tells where each YAML document begins", () => {
    expect(read("a.yaml", "a: 1\n---\n# b\nb: 2\n").map(({ at }) => at?.line)).toEqual([1, 4]);
  });

  it("keeps a __proto__ key from being a prototype", () => {
    for (const name of ["a.json", "a.yaml"]) {
      const [value] = values(name, '{"__proto__": {"kind": "Dataset"}}');
      expect(Reflect.get(Object(value), "kind")).toBeUndefined();
      expect(Reflect.get({}, "kind")).toBeUndefined();
    }
  });
});

describe("what cannot be read", () => {
  it.each([
    ["a.json", '{"a": 1,\n "b" 2}', 2, 6, /unexpected "2"/],
    ["a.json", '{"a": [1, 2}', 1, 12, /unexpected "}"/],
    ["a.json", '{"a": 1,}', 1, 9, /unexpected "}"/],
    ["a.json", '{"a": tru}', 1, 7, /unexpected "tru"/],
    ["a.json", '{"a": 1} {"b":\n', 2, 1, /ends in the middle/],
    ["a.json", '{"a": "x\ny"}', 1, 7, /unexpected/],
    ["a.json", '{"a": "\\q"}', 1, undefined, /escape/i],
    ["a.json", "kind: Dataset", 1, 1, /unexpected "kind"/],
    [
      "a.json",
      '{"apiVersion": "v1", "kind": "List", "items": [{"a": 1},\n{"b": nul}]}',
      2,
      7,
      /unexpected "nul"/,
    ],
    ["a.yaml", "a: 1\nb: [1, 2\nc: 3\n", 3, undefined, /./],
    ["a.yaml", "a: 1\na: 2\n", 2, 1, /unique/],
    ["a.yaml", "a: *nothing\n", 1, undefined, /nothing/],
    ["a.yaml", "a: &a [*a]\n", 1, undefined, /./],
    ["a.yaml", Buffer.from([0x61, 0x3a, 0x0a, 0x20, 0xff, 0xfe]), 2, 2, /UTF-8/],
    ["a.json", Buffer.from('{"a": 1}', "utf16le"), 1, 2, /unexpected/],
  ])("%s %j", (name, content, line, column, reason) => {
    const broken = read(name, content).find((document) => "error" in document);
    expect(broken).toMatchObject({
      error: expect.stringMatching(reason),
      at: { line, ...(column && { column }) },
    });
  });

  it("does not lose the documents before and after a broken one", () => {
    expect(values("a.yaml", "a: 1\n---\nb: [\n---\nc: 3\n")).toEqual([
      { a: 1 },
      { error: expect.anything(), at: expect.anything() },
      { c: 3 },
    ]);
    expect(values("a.json", '{"a": 1} {"b": 2} x')[1]).toEqual({ b: 2 });
  });

  it.each([
    [
      "aliases of aliases",
      `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghi".replace(/./g, (to) => `${to}: &${to} [${Array(9).fill(`*${String.fromCharCode(to.charCodeAt(0) - 1)}`)}]\n`)}`,
    ],
    ["deep brackets", "[".repeat(100_000)],
    ["deep maps", `a: ${"{a: ".repeat(20_000)}`],
  ])("%s are an error and no crash", (_what, text) => {
    expect(read("a.yaml", text)).toContainEqual(expect.objectContaining({ error: expect.any(String) }));
  });

  it("refuses YAML that would take minutes and gigabytes", () => {
    expect(read("a.yaml", Buffer.alloc(17 * 1024 * 1024, "a: b\n"))).toEqual([
      { error: expect.stringContaining("16 MiB") },
    ]);
  });

  it("never throws, and reads JSON as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom("a.json", "a.yaml"), (bytes, name) => {
        expect(Array.isArray(read(name, Buffer.from(bytes)))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.json(), fc.constantFrom("a.json", "a.yaml"), (json, name) => {
        expect(values(name, json)[0]).toEqual(JSON.parse(json));
      }),
    );
  });
});

describe("readJsonListInParts", () => {
  it("gives the items of a list, whatever stands in and around them", () => {
    const item = fc.dictionary(fc.string(), fc.jsonValue());
    const around = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(
        around,
        fc.array(item, { minLength: 1 }),
        around,
        fc.nat(3),
        (before, items, after, indent) => {
          const { items: _, ...tail } = after;
          const list = JSON.parse(JSON.stringify({ ...before, items, ...tail }));
          const parts = readJsonListInParts(Buffer.from(JSON.stringify(list, null, indent)), 2);
          const found = [...(parts ?? [])];
          expect(found.flatMap((part) => part.list["items"])).toEqual(list.items);
          expect(found.map(({ first }) => first)).toEqual(found.map((_part, index) => index * 2));
          expect(found[0]?.list).toEqual({ ...list, items: list.items.slice(0, 2) });
        },
      ),
    );
  });

  it.each([
    [
      '{"metadata":{"managedFields":[{"a":"]\\""}],"name":"b"}}',
      { metadata: { managedFields: [], name: "b" } },
    ],
    [
      '{"metadata": {"name": "b", "managedFields" : [ [1], {} ] } , "a": 1}',
      { metadata: { name: "b", managedFields: [] }, a: 1 },
    ],
    [
      '{"spec":{"managedFields":[1]},"managedFields":[2]}',
      { spec: { managedFields: [1] }, managedFields: [2] },
    ],
    [
      '{"metadata":{"a":{"managedFields":[1]},"b":"\\"managedFields\\":[2]"}}',
      { metadata: { a: { managedFields: [1] }, b: '"managedFields":[2]' } },
    ],
    ['{"metadata":{"managedFields":"text"}}', { metadata: { managedFields: "text" } }],
    ['{"metadata":["managedFields",[1]]}', { metadata: ["managedFields", [1]] }],
  ])("leaves out what nobody asks for: %s", (item, expected) => {
    const parts = [...(readJsonListInParts(Buffer.from(`{"items":[${item},${item}]}`), 5) ?? [])];
    expect(parts.flatMap(({ list }) => list["items"])).toEqual([expected, expected]);
  });

  it.each([
    "[1]",
    '{"a": 1}',
    '{"items": 7}',
    '{"items": [1, 2]}',
    '{"items": []}',
    '{"items": [{}], "items": [{}]}',
    '{"items": [{}]',
    '{"items": [{}] x}',
    '{"items" [{}]}',
    "",
    '{"items": [{} {}]}',
  ])("leaves %s to others", (text) => expect(readJsonListInParts(Buffer.from(text), 2)).toBeUndefined());
});

describe("unpackManifest", () => {
  function kinds(value: unknown): string[] {
    return [...unpackManifest(value)].map((entry: ManifestObject) => {
      if ("stored" in entry) return `${entry.stored.kind} ${entry.stored.object.name}`;
      return "ignored" in entry ? `ignored ${entry.ignored}` : `problem: ${entry.problem}`;
    });
  }
  const dataset = { apiVersion: "data.fluid.io/v1alpha1", kind: "Dataset", metadata: { name: "d" } };

  it.each([
    [null, []],
    [dataset, ["Dataset d"]],
    [{ ...dataset, kind: "EFCRuntime" }, ["Runtime d"]],
    [{ ...dataset, kind: "ThinRuntimeProfile" }, ["ignored ThinRuntimeProfile.data.fluid.io"]],
    [{ ...dataset, apiVersion: "v1" }, ["ignored Dataset"]],
    [{ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "d" } }, ["DaemonSet d"]],
    [{ apiVersion: "v1", kind: "DaemonSet", metadata: { name: "d" } }, ["ignored DaemonSet"]],
    [{ apiVersion: "v1", kind: "constructor", metadata: { name: "d" } }, ["ignored constructor"]],
    [
      {
        apiVersion: "v1",
        kind: "List",
        items: [dataset, { apiVersion: "v1", kind: "List", items: [dataset] }],
      },
      ["Dataset d", "Dataset d"],
    ],
    [
      { apiVersion: "data.fluid.io/v1alpha1", kind: "DatasetList", items: [{ metadata: { name: "a" } }] },
      ["Dataset a"],
    ],
    [{ apiVersion: "v1", kind: "NodeList", items: [] }, []],
    [{ apiVersion: "x.io/v1", kind: "PriceList", metadata: { name: "d" } }, ["ignored PriceList.x.io"]],
  ])("%j", (value, expected) => expect(kinds(value)).toEqual(expected));

  const nested = (depth: number): object =>
    depth === 0 ? dataset : { apiVersion: "v1", kind: "List", items: [nested(depth - 1)] };

  it.each([
    ["text", /is no Kubernetes object but a string/],
    [[dataset], /is no Kubernetes object but a list.*put objects in a List/],
    [{}, /has no kind/],
    [{ kind: "Dataset" }, /has no apiVersion/],
    [{ kind: 7, apiVersion: "v1" }, /has no kind/],
    [{ ...dataset, metadata: {} }, /a Dataset, has no metadata.name/],
    [{ ...dataset, metadata: { name: "" } }, /has no metadata.name/],
    [{ ...dataset, metadata: { name: "a/b" } }, /has a slash/],
    [{ ...dataset, metadata: { name: "b", namespace: "a/b" } }, /has a slash/],
    [{ apiVersion: "v1", kind: "List", items: [dataset, {}] }, /items\[1\] has no kind/],
    [nested(9), /list in a list/],
  ])("%j is a problem", (value, expected) => expect(kinds(value).at(-1)).toMatch(expected));

  it("puts objects without a namespace in default", () => {
    const [entry] = unpackManifest(dataset);
    expect(entry).toMatchObject({ stored: { object: { namespace: "default", name: "d" } } });
  });
});
