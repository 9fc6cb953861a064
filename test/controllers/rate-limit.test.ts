import { expect, it } from "vitest";
import { RateLimit } from "../../src/controllers/rate-limit.ts";

const never = new AbortController().signal;

it("lets a burst pass at once, and the others at the rate", async () => {
  const limit = new RateLimit({ perSecond: 100, burst: 5, elapsed: () => performance.now() });
  const begun = performance.now();
  for (let at = 0; at < 5; at++) await limit.pass(never);
  await Promise.all(Array.from({ length: 20 }, () => limit.pass(never)));
  const all = performance.now() - begun;
  expect(all).toBeGreaterThan(180);
});

it("gives the burst anew after a quiet time, and no more than that", async () => {
  let time = 0;
  const limit = new RateLimit({ perSecond: 10, burst: 3, elapsed: () => time });
  for (let at = 0; at < 3; at++) await limit.pass(never);
  time = 3_600_000;
  const passed: number[] = [];
  for (let at = 0; at < 4; at++) void limit.pass(never).then(() => passed.push(at));
  await new Promise(setImmediate);
  expect(passed).toEqual([0, 1, 2]);
});

it("lets those go who are told to give up", async () => {
  const limit = new RateLimit({ perSecond: 0.001, burst: 1, elapsed: () => performance.now() });
  await limit.pass(never);
  const stop = new AbortController();
  const waiting = limit.pass(stop.signal);
  stop.abort();
  await waiting;
});
