import { expect, it } from "vitest";
import { limitedWriter } from "../../src/controllers/limited-writer.ts";
import { RateLimit } from "../../src/controllers/rate-limit.ts";

const place = { group: "", version: "v1", plural: "pods", namespace: "team", name: "pod" };

/** Counts what gets through. */
function made(perSecond: number, signal: AbortSignal) {
  const calls: string[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const count = (verb: string) => async () => {
    calls.push(verb);
    return true;
  };
  const writer = {
    read: async (_place: unknown, given?: AbortSignal) => {
      calls.push("read");
      signals.push(given);
      return undefined;
    },
    create: count("create"),
    replace: count("replace"),
    patch: count("patch"),
    delete: count("delete"),
  };
  const limit = new RateLimit({ perSecond, burst: 5, elapsed: () => performance.now() });
  return { calls, signals, limited: limitedWriter(writer, limit, signal) };
}

it("makes one signal for all calls that end with the same, lest each leaves a trace", async () => {
  const ending = new AbortController();
  const { signals, limited } = made(1e6, ending.signal);
  const given = new AbortController().signal;
  for (let at = 0; at < 3; at++) await limited.read(place, given);
  await limited.read(place, ending.signal);
  await limited.read(place);
  expect(new Set(signals).size).toBe(2);
  expect(signals.slice(3)).toEqual([ending.signal, ending.signal]);
  ending.abort();
  expect(signals.every((signal) => signal?.aborted)).toBe(true);
});

it("passes every kind of call, and counts all of them against one limit", async () => {
  const { calls, limited } = made(0.001, new AbortController().signal);
  await limited.read(place);
  await limited.create(place, {});
  await limited.replace(place, {});
  await limited.patch(place, []);
  await limited.delete(place, "uid");
  const given = new AbortController();
  const sixth = limited.read(place, given.signal);
  given.abort();
  await expect(sixth).rejects.toThrow();
  expect(calls).toEqual(["read", "create", "replace", "patch", "delete"]);
});

it("lets nothing pass once the lead is lost", async () => {
  const lost = new AbortController();
  const { calls, limited } = made(1_000, lost.signal);
  lost.abort();
  await expect(limited.patch(place, [])).rejects.toThrow();
  expect(calls).toEqual([]);
});
