import { expect, it } from "vitest";
import { ApiError } from "../../src/cluster/api-error.ts";
import { type Done, type WorkOutcome, WorkQueue } from "../../src/controllers/work-queue.ts";
import { eventually } from "../support/node-sandbox.ts";

const done: Done = { result: "done" };

/** A queue whose work can be held up, and what it did. */
function made(work: (key: string) => Promise<Done>, workers = 2) {
  const outcomes: [string, WorkOutcome][] = [];
  const begun: string[] = [];
  const queue = new WorkQueue({
    work: (key) => {
      begun.push(key);
      return work(key);
    },
    workers,
    timing: { firstPauseMs: 1, longestPauseMs: 20 },
    onDone: (key, outcome) => outcomes.push([key, outcome]),
    elapsed: () => performance.now(),
  });
  return { queue, begun, outcomes };
}

/** A promise that is resolved from outside. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}

it("works on each object once, however often it is told, and once more where it was told meanwhile", async () => {
  const first = gate();
  const { queue, begun } = made(() => first.opened.then(() => done));
  for (const key of ["a", "a", "b", "a"]) queue.add(key);
  expect(begun).toEqual(["a", "b"]);
  queue.add("a");
  queue.add("a");
  first.open();
  await eventually("all is done", () => queue.depth === 0);
  expect(begun).toEqual(["a", "b", "a"]);
});

it("never works on more objects at once than there are workers", async () => {
  let now = 0;
  let most = 0;
  const { queue, begun } = made(async () => {
    now += 1;
    most = Math.max(most, now);
    await new Promise(setImmediate);
    now -= 1;
    return done;
  }, 3);
  for (let at = 0; at < 50; at++) queue.add(`object-${at}`);
  await eventually("all is done", () => queue.depth === 0);
  expect({ most, begun: begun.length }).toEqual({ most: 3, begun: 50 });
});

it("tries again what fails, later each time, and forgets the failures with the first success", async () => {
  let left = 4;
  const { queue, outcomes } = made(async () => {
    if (left-- > 0) throw new ApiError("planted");
    return done;
  });
  queue.add("a");
  await eventually("it has succeeded", () => outcomes.some(([, outcome]) => "done" in outcome));
  expect(outcomes.map(([, outcome]) => ("failures" in outcome ? outcome.failures : "done"))).toEqual([
    1,
    2,
    3,
    4,
    "done",
  ]);
  left = 1;
  queue.add("a");
  await eventually("it has failed anew", () => outcomes.length === 7);
  expect(outcomes[5]?.[1]).toMatchObject({ failure: "planted", failures: 1 });
});

it("waits for as long as the API server asks", async () => {
  let calls = 0;
  const times: number[] = [];
  const { queue, outcomes } = made(async () => {
    times.push(performance.now());
    if (calls++ === 0) throw new ApiError("too many", { status: 429, retryAfterMs: 300 });
    return done;
  });
  queue.add("a");
  await eventually("it has succeeded", () => outcomes.length === 2);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(290);
});

it("looks again when the work asks for it, at the earliest time of several", async () => {
  let calls = 0;
  const { queue, begun } = made(async () => ({ result: "done", againMs: calls++ === 0 ? 1 : undefined }));
  queue.addAfter("a", 60_000);
  queue.add("a");
  await eventually("it has been looked at again", () => begun.length === 2);
  await queue.close();
});

it("ends what is in work by its signal, and begins nothing after that", async () => {
  let ended = false;
  const queue = new WorkQueue({
    work: (_key, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          ended = true;
          reject(new Error("ended"));
        });
      }),
    workers: 1,
    timing: { firstPauseMs: 1, longestPauseMs: 1 },
    onDone: () => {
      throw new Error("what was ended is no failure");
    },
    elapsed: () => performance.now(),
  });
  queue.add("a");
  queue.add("b");
  await queue.close();
  queue.add("c");
  expect({ ended, depth: queue.depth }).toEqual({ ended: true, depth: 0 });
});
