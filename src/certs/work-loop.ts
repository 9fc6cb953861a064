/** Does the same work again and again, never twice at once. */
export interface WorkLoop {
  /** Does the work now, or once more right after if it is being done. */
  wake(): void;
  /** Ends it; resolves when nothing is being done any more. */
  close(): Promise<void>;
}

const soonMs = 1_000;

/**
 * `work` must not throw, and tells whether it came to its end. It is done at once and then every `pollMs` milliseconds,
 * or sooner where it did not.
 */
export function startWorkLoop(work: () => Promise<boolean>, pollMs: number): WorkLoop {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;

  const run = async () => {
    let done: boolean;
    do {
      again = false;
      done = await work();
    } while (again && !closed);
    running = undefined;
    // Replicas that were started together do not stay in step.
    if (!closed)
      timer = setTimeout(
        wake,
        (done ? pollMs : Math.min(pollMs, soonMs)) * (0.9 + Math.random() / 5),
      ).unref();
  };
  const wake = () => {
    if (closed) return;
    clearTimeout(timer);
    if (running === undefined) running = run();
    else again = true;
  };
  wake();
  return {
    wake,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
