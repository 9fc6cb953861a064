import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { paintWith } from "../../src/cli/paint.ts";
import { print, printExactly } from "../../src/cli/print.ts";

function failing(code: string): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) });
}

describe("print", () => {
  it("waits until everything is out", async () => {
    const chunks: string[] = [];
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk, _encoding, done) {
        setImmediate(() => {
          chunks.push(String(chunk));
          done();
        });
      },
    });
    await print(slow, "one");
    await print(slow, "two");
    expect(chunks).toEqual(["one", "two"]);
  });

  it.each([
    ["the terminal's title", "a\u001b]0;b\u0007c", "a\\u001b]0;b\\u0007c"],
    ["a cleared screen", "\u001b[2J", "\\u001b[2J"],
    ["colours that are not ours", "\u001b[8mhidden\u001b[38;5;1m", "\\u001b[8mhidden\\u001b[38;5;1m"],
    ["a sequence of one character", "\u009b2J\u007f", "\\u009b2J\\u007f"],
    ["a line over the one before", "good\rbad", "good\\u000dbad"],
    ["the direction of writing", "a\u202eb\u2066c\u200f", "a\\u202eb\\u2066c\\u200f"],
    ["lines that only some see", "a\u2028b\u2029c", "a\\u2028b\\u2029c"],
    ["ordinary text", "Zürich 東京 😀\t1\n", "Zürich 東京 😀\t1\n"],
    ["our own colours", paintWith(true)("red", "x"), "\u001b[31mx\u001b[0m"],
  ])("lets no terminal act on what a text holds: %s", async (_what, text, expected) => {
    const stream = new PassThrough();
    await print(stream, text);
    expect(String(stream.read())).toBe(expected);
  });

  it("hands a file on as it is", async () => {
    const stream = new PassThrough();
    await printExactly(stream, "# \u001b[2J\r\n");
    expect(String(stream.read())).toBe("# \u001b[2J\r\n");
  });

  it("is quiet when the reader has gone", async () => {
    const stream = failing("EPIPE");
    await expect(print(stream, "x")).resolves.toBeUndefined();
    await expect(print(stream, "y")).resolves.toBeUndefined();
  });

  it("tells of every other failure", async () => {
    await expect(print(failing("ENOSPC"), "x")).rejects.toThrow("ENOSPC");
  });
});
