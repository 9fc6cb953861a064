import { getEventListeners } from "node:events";
import { expect, it, vi } from "vitest";
import { within } from "../../src/controllers/within.ts";

const whenEnded = (signal: AbortSignal) =>
  new Promise<string>((resolve) => {
    if (signal.aborted) resolve("ended");
    signal.addEventListener("abort", () => resolve("ended"));
  });

it("ends what takes too long, and what is told to stop", async () => {
  const never = new AbortController();
  expect(await within(5, never.signal, whenEnded)).toBe("ended");
  const stop = new AbortController();
  const running = within(600_000, stop.signal, whenEnded);
  stop.abort();
  expect(await running).toBe("ended");
  expect(await within(600_000, stop.signal, whenEnded)).toBe("ended");
});

it("gives what the work gives or throws, and leaves nothing behind on the signal", async () => {
  const combined = vi.spyOn(AbortSignal, "any");
  const stop = new AbortController();
  expect(await within(600_000, stop.signal, async () => 7)).toBe(7);
  await expect(within(600_000, stop.signal, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(getEventListeners(stop.signal, "abort")).toEqual([]);
  expect(combined).not.toHaveBeenCalled();
  combined.mockRestore();
});
