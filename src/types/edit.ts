import type { Operation } from "fast-json-patch";

/** One RFC 6902 operation and why it is made. */
export interface Edit {
  readonly operation: Operation;
  readonly why: string;
}
