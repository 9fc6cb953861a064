import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientValues, readJuicefsSecret } from "../../src/cluster/juicefs-secret.ts";

const ce = { name: "corpfs", metaurl: "redis://:pw@redis/1" };
const ee = { name: "cloudfs", token: "t" };

describe("what is known of a Secret", () => {
  it.each([
    [{}, /key name is missing/],
    [{ name: "" }, /key name is missing/],
    [{ name: "-rf" }, /no name of a file system/],
    [{ name: "a\nb" }, /no name of a file system/],
    [{ name: "../x" }, /no name of a file system/],
    [{ name: "corpfs", metaurl: "" }, /metaurl is empty/],
    [{ ...ce, "format-options": "trash-days=" }, /gives trash-days no value/],
    [{ ...ce, "format-options": "=x" }, /without a name/],
    [{ ...ce, "format-options": "a b=x" }, /without a name/],
    [{ ...ce, envs: "[1, 2" }, /envs is no map/],
    [{ ...ce, envs: "a: {b: c}" }, /envs is no map/],
    [{ ...ce, envs: "just text" }, /envs is no map/],
    [{ ...ce, envs: '{"MY VAR": "x"}' }, /variable "MY VAR"/],
    [{ ...ce, envs: '{"AWS_KEY=hunter2": ""}' }, /variable "AWS_KEY":/],
    [{ ...ce, envs: '{"metaurl": "x"}' }, /the client has already/],
    [{ ...ce, envs: '{"SLUICE_FILE_SYSTEMS": "x"}' }, /the client has already/],
    [{ ...ce, configs: "a" }, /configs is no map/],
    [{ ...ce, configs: '{"A_B": "/x"}' }, /no Secret's name/],
    [{ ...ce, configs: '{"a": ""}' }, /no absolute path/],
    [{ ...ce, configs: '{"a": "x"}' }, /no absolute path/],
    [{ ...ce, configs: '{"a": "/"}' }, /no absolute path/],
    [{ ...ce, configs: '{"a": "/etc/../bin"}' }, /no absolute path/],
    [{ ...ce, configs: '{"a": "/sluice/views"}' }, /needs itself/],
    [{ ...ce, configs: '{"a": "/proc/1"}' }, /needs itself/],
  ])("%j is of no use, and says why", (data: Record<string, string>, why) => {
    const reading = readJuicefsSecret(data);
    expect("problem" in reading && reading.problem).toMatch(why);
  });

  it.each([
    [
      "the community edition by metaurl",
      ce,
      { edition: "ce", fileSystem: "corpfs", keys: { metaurl: "metaurl" } },
    ],
    ["the enterprise edition without", ee, { edition: "ee", keys: { token: "token" } }],
    ["no key that is empty", { ...ce, bucket: "" }, { keys: { metaurl: "metaurl" } }],
    [
      "older names of keys",
      { ...ee, accesskey: "a", secretkey: "s" },
      { keys: { token: "token", "access-key": "accesskey", "secret-key": "secretkey" } },
    ],
    [
      "older names in the community edition, too (W23)",
      { ...ce, accesskey: "a" },
      { keys: { metaurl: "metaurl", "access-key": "accesskey" } },
    ],
    [
      "variables in YAML, whatever their values look like",
      { ...ce, envs: "B: 1.10\nA: yes" },
      { envs: ["A", "B"] },
    ],
    ["no variables", { ...ce, envs: " " }, { envs: [] }],
    [
      "further Secrets",
      { ...ce, configs: '{"b": "/x/b", "a": "/x/a"}' },
      {
        configs: [
          { secret: "a", mountPath: "/x/a" },
          { secret: "b", mountPath: "/x/b" },
        ],
      },
    ],
    [
      "an encrypted configuration",
      { ...ee, initconfig: '{"encryptkeys": true}' },
      { initconfigEncrypted: true },
    ],
    ["a configuration that is no JSON", { ...ee, initconfig: "{" }, { initconfigEncrypted: false }],
    ["options with equals signs in them", { ...ce, "format-options": "a=b=c, d" }, { edition: "ce" }],
  ])("%s", (_, data: Record<string, string>, expected) => {
    expect(readJuicefsSecret(data)).toMatchObject({ facts: expected });
  });

  it("is never a value, but for the file system's name", () => {
    const secret = fc.stringMatching(/^[A-Z0-9]{12,20}$/);
    const keys = [
      "metaurl",
      "token",
      "secret-key",
      "secretkey",
      "access-key",
      "bucket",
      "storage",
      "passphrase",
      "encrypt_rsa_key",
      "initconfig",
      "format-options",
      "whatever",
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), secret), secret, (data, value) => {
        const told = JSON.stringify(
          readJuicefsSecret({ ...data, name: "fs", envs: JSON.stringify({ A: value }) }),
        );
        for (const hidden of [...Object.values(data), value]) expect(told).not.toContain(hidden);
      }),
    );
  });
});

it("does not read a map of far more keys than anybody needs, which takes time by their square", () => {
  const lines = Array.from({ length: 150_000 }, (_, at) => `k${at}: /v`);
  for (const [key, most] of [
    ["envs", 2_000],
    ["envs", 150_000],
    ["configs", 150_000],
  ] as const) {
    const reading = readJuicefsSecret({ ...ce, [key]: lines.slice(0, most).join("\n") });
    expect("problem" in reading && reading.problem).toMatch(`its key ${key} is no map`);
  }
  expect(readJuicefsSecret({ ...ce, envs: lines.slice(0, 500).join("\n") })).toHaveProperty("facts");
});

describe("what clients get of a Secret", () => {
  const data = { ...ce, "secret-key": "s", accesskey: "a", unrelated: "u", envs: "TZ: x\nN: 010" };
  const reading = readJuicefsSecret(data);
  const facts = "facts" in reading ? reading.facts : undefined;

  it("are the keys they need under one name each, and the variables", () => {
    expect(facts && clientValues(data, facts, { variablesOnly: false })).toEqual({
      metaurl: ce.metaurl,
      "access-key": "a",
      "secret-key": "s",
      "env.TZ": "x",
      "env.N": "010",
    });
  });

  it("are the variables alone where the pod can use the Secret in place", () => {
    expect(facts && clientValues(data, facts, { variablesOnly: true })).toEqual({
      "env.TZ": "x",
      "env.N": "010",
    });
  });
});
