import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects all garbage now; takes about a millisecond for each megabyte in use. */
export function collectGarbage(): void {
  // A process that was started without --expose-gc has no other way to ask for it.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect === "function") collect();
}

/**
 * From now on garbage is collected whenever the heap has grown by `percent`. By default V8 lets it grow to a multiple of
 * what is in use, which for a large cluster would be hundreds of megabytes that nobody needs.
 */
export function keepHeapSmall(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}
