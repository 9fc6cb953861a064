import type { Writable } from "node:stream";
import { legible } from "./legible.ts";

/** What a command had to say could not be written: a full disk, most often. */
export class OutputError extends Error {
  constructor(cause: Error) {
    super(`the output cannot be written: ${cause.message}`, { cause });
    this.name = "OutputError";
  }
}

/** Writes all of `text`, made `legible`, as `printExactly` does. */
export function print(stream: Writable, text: string): Promise<void> {
  return printExactly(stream, legible(text));
}

/**
 * Writes all of `text` as it is, such as a file that is handed on, and waits until it is out.
 * A reader that has gone away (`sluice inject … | head`) is no error: what it does not want is not written.
 * Throws `OutputError` where it cannot be written.
 */
export async function printExactly(stream: Writable, text: string): Promise<void> {
  if (text === "" || stream.destroyed) return;
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void =>
      error.code === "EPIPE" ? resolve() : reject(new OutputError(error));
    stream.once("error", fail);
    stream.write(text, (error) => {
      // On failure the listener stays, for the stream still emits the error after this.
      if (error) return fail(error);
      stream.off("error", fail);
      resolve();
    });
  });
}
