import { describe, expect, it } from "vitest";
import { readPrefetchOptions } from "../../src/admission/prefetch-options.ts";

const prefix = "file-prefetcher.fluid.io/";

function read(values: Record<string, string>) {
  const bad: string[] = [];
  const annotations = Object.entries({ inject: "true", ...values }).map(([key, value]) => [
    `${prefix}${key}`,
    value,
  ]);
  return { options: readPrefetchOptions(Object.fromEntries(annotations), bad), bad };
}

const defaults = { async: false, timeoutSeconds: 120, env: [] };

describe("readPrefetchOptions", () => {
  it.each<[Record<string, string>]>([
    [{ inject: "false" }],
    [{ inject: "TRUE" }],
    [{ "inject-done": "true" }],
    [{ inject: "", "prefetch-timeout-seconds": "soon" }],
  ])("finds nothing to do in %j", (values) => {
    expect(read(values)).toEqual({ options: undefined, bad: [] });
  });

  it.each<[Record<string, string>, object]>([
    [{}, {}],
    [{ "file-list": "<ALL>" }, {}],
    [{ "file-list": "pvc://a/*.bin; pvc://b;" }, { items: ["pvc://a/*.bin", "pvc://b"] }],
    [{ "file-list": "" }, { items: [] }],
    [{ image: " reader:1 " }, { image: "reader:1" }],
    [{ "async-prefetch": "T" }, { async: true }],
    [{ "async-prefetch": "0" }, { async: false }],
    [{ "prefetch-timeout-seconds": "30" }, { timeoutSeconds: 30 }],
    [
      { "extra-envs": "A=1  OPTIONS=-o x=y" },
      {
        env: [
          { name: "A", value: "1" },
          { name: "OPTIONS", value: "-o" },
          { name: "x", value: "y" },
        ],
      },
    ],
    [
      { "extra-envs": "URL=http://h/?a=b EMPTY=" },
      {
        env: [
          { name: "URL", value: "http://h/?a=b" },
          { name: "EMPTY", value: "" },
        ],
      },
    ],
  ])("reads %j", (values, options) => {
    expect(read(values)).toEqual({ options: { ...defaults, ...options }, bad: [] });
  });

  it.each<[Record<string, string>, string]>([
    [{ "async-prefetch": "yes" }, `${prefix}async-prefetch="yes" (use true, false)`],
    [{ "async-prefetch": "" }, `${prefix}async-prefetch="" (use true, false)`],
    [
      { "prefetch-timeout-seconds": "2m" },
      `${prefix}prefetch-timeout-seconds="2m" (use a number of seconds above zero)`,
    ],
    [
      { "prefetch-timeout-seconds": "0" },
      `${prefix}prefetch-timeout-seconds="0" (use a number of seconds above zero)`,
    ],
    [
      { "prefetch-timeout-seconds": "-5" },
      `${prefix}prefetch-timeout-seconds="-5" (use a number of seconds above zero)`,
    ],
    [
      { "prefetch-timeout-seconds": "2147483648" },
      `${prefix}prefetch-timeout-seconds="2147483648" (use a number of seconds above zero)`,
    ],
    [{ "extra-envs": "FOO" }, `${prefix}extra-envs has "FOO" (use NAME=value, with blanks in between)`],
    [{ "extra-envs": "=x" }, `${prefix}extra-envs has "=x" (use NAME=value, with blanks in between)`],
    [{ image: " " }, `${prefix}image is empty (name an image, or remove it)`],
  ])("does not take %j", (values, problem) => {
    expect(read(values).bad).toEqual([problem]);
  });
});
