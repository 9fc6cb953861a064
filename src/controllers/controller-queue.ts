import type { Controller } from "./controller.ts";
import { type WorkOutcome, WorkQueue, workTiming } from "./work-queue.ts";

/** Told after each piece of a controller's work. Must not throw. */
export type OnDone = (controller: string, key: string, outcome: WorkOutcome) => void;

/**
 * The queue of the objects that `controller` is to look at, `workers` of them at a time. `elapsed`: milliseconds of a
 * clock that is never set.
 */
export function controllerQueue(
  controller: Controller,
  workers: number,
  { elapsed, onDone }: { readonly elapsed: () => number; readonly onDone: OnDone },
): WorkQueue {
  return new WorkQueue({
    work: (key, signal) => controller.work(key, signal),
    workers,
    timing: workTiming,
    elapsed,
    onDone: (key, outcome) => onDone(controller.name, key, outcome),
  });
}
