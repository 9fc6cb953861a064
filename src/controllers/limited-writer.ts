import { setMaxListeners } from "node:events";
import type { ClusterWriter } from "../cluster/cluster-writer.ts";
import type { RateLimit } from "./rate-limit.ts";

export type LimitedWriter = Pick<ClusterWriter, "read" | "create" | "replace" | "patch" | "delete">;

/** The writer, for work that must not drown the API server: no more calls than `limit` lets pass, and none after its signal has ended. */
export function limitedWriter(writer: LimitedWriter, limit: RateLimit, signal: AbortSignal): LimitedWriter {
  // One for each that is given, which are few: of every combined signal Node.js 20 keeps a trace for as long as its parts live.
  const combined = new WeakMap<AbortSignal, AbortSignal>();
  const either = (given: AbortSignal | undefined) => {
    if (given === undefined || given === signal) return signal;
    const known = combined.get(given);
    if (known !== undefined) return known;
    const both = AbortSignal.any([given, signal]);
    // Many calls wait for it at once.
    setMaxListeners(0, both);
    combined.set(given, both);
    return both;
  };
  setMaxListeners(0, signal);
  const pass = async (given: AbortSignal | undefined): Promise<AbortSignal> => {
    const both = either(given);
    await limit.pass(both);
    both.throwIfAborted();
    return both;
  };
  return {
    read: async (place, given) => writer.read(place, await pass(given)),
    create: async (place, object, given) => writer.create(place, object, await pass(given)),
    replace: async (place, object, given) => writer.replace(place, object, await pass(given)),
    patch: async (place, operations, given) => writer.patch(place, operations, await pass(given)),
    delete: async (place, uid, given) => writer.delete(place, uid, await pass(given)),
  };
}
