import { type ApiClient, ApiProblem } from "./api-client.ts";

/** What is known of an answer that is asked for again and again. */
export interface Polled<Answer> {
  /** The last good answer. */
  readonly data?: Answer;
  /** What is wrong with the last one. */
  readonly problem?: ApiProblem;
  /** When the last good answer came. */
  readonly at?: Date;
}

export interface PolledPath<Answer> extends Polled<Answer> {
  readonly path: string;
}

/** The browser's `document`. */
export interface Page {
  readonly visibilityState: string;
  addEventListener(type: "visibilitychange", listener: () => void): void;
  removeEventListener(type: "visibilitychange", listener: () => void): void;
}

/** What somebody may not see any more, or is gone, is not shown any longer. */
const ends: ReadonlySet<number> = new Set([401, 403, 404]);

/**
 * Asks for `path` at once and `everyMs` milliseconds after each answer, as long as the page can be seen, and at once when
 * it is seen again. What was known stays while there is no answer. `tell` is given what makes of what was known what is
 * known now. Returns what ends it: nothing is told after that.
 */
export function keepAsking<Answer>(
  client: Pick<ApiClient, "get">,
  path: string,
  page: Page,
  everyMs: number,
  tell: (change: (before: PolledPath<Answer>) => PolledPath<Answer>) => void,
): () => void {
  const ending = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asks = false;
  const look = async () => {
    clearTimeout(timer);
    asks = true;
    try {
      const data = await client.get<Answer>(path, ending.signal);
      // It may have been ended when the answer was here already.
      if (ending.signal.aborted) return;
      tell(() => ({ path, data, at: new Date() }));
    } catch (error) {
      if (ending.signal.aborted) return;
      const problem = error instanceof ApiProblem ? error : new ApiProblem(0, String(error));
      tell((before) =>
        before.path === path && !ends.has(problem.status) ? { ...before, problem } : { path, problem },
      );
    }
    asks = false;
    if (!ending.signal.aborted && page.visibilityState === "visible")
      timer = setTimeout(() => void look(), everyMs);
  };
  const seen = () => {
    // One that is on its way goes on by itself.
    if (page.visibilityState === "visible" && !asks) void look();
  };
  page.addEventListener("visibilitychange", seen);
  void look();
  return () => {
    ending.abort();
    clearTimeout(timer);
    page.removeEventListener("visibilitychange", seen);
  };
}
