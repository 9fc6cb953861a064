import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ControlPlane } from "./control-plane.ts";

/** Where Debian, Ubuntu and Fedora put libfaketime. */
const libraries = ["x86_64-linux-gnu", "aarch64-linux-gnu", ""].map((triple) =>
  join("/usr/lib", triple, "faketime/libfaketimeMT.so.1"),
);

/** The library that jumps a process' clock, or undefined where it is not installed (Debian: libfaketime). */
export function findFakeTime(): string | undefined {
  return [...libraries, "/usr/lib64/faketime/libfaketimeMT.so.1"].find((file) => existsSync(file));
}

/**
 * A wall clock that is ahead of the machine's, or behind. All of a process sees it, for every library asks it for the
 * time; the monotonic clock, by which timers run, goes on as it is, as when an administrator sets the clock.
 */
export class FakeClock {
  /** Of the processes that are to see it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #file: string;

  constructor({ folder }: ControlPlane, name: string, library: string) {
    const place = join(folder, "clocks");
    mkdirSync(place, { recursive: true });
    this.#file = join(place, name);
    this.ahead(0);
    this.environment = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      // Seconds after which the file is read again.
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** From now on so many seconds ahead of the machine's. */
  ahead(seconds: number): void {
    // Never half a file.
    writeFileSync(`${this.#file}.new`, `${seconds < 0 ? "" : "+"}${seconds}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}
