import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { print } from "../../src/cli/print.ts";

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

  it("is quiet when the reader has gone", async () => {
    const stream = failing("EPIPE");
    await expect(print(stream, "x")).resolves.toBeUndefined();
    await expect(print(stream, "y")).resolves.toBeUndefined();
  });

  it("tells of every other failure", async () => {
    await expect(print(failing("ENOSPC"), "x")).rejects.toThrow("ENOSPC");
  });
});
