import type { ClusterWriter } from "../cluster/cluster-writer.ts";
import type { RateLimit } from "./rate-limit.ts";

export type LimitedWriter = Pick<ClusterWriter, "read" | "create" | "replace" | "patch" | "delete">;

/** The writer, for work that must not drown the API server: no more calls than `limit` lets pass, and none after its signal has ended. */
export function limitedWriter(writer: LimitedWriter, limit: RateLimit, signal: AbortSignal): LimitedWriter {
  const either = (given: AbortSignal | undefined) =>
    given === undefined ? signal : AbortSignal.any([given, signal]);
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
