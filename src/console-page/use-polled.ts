import { useEffect, useState } from "preact/hooks";
import { type ApiClient, ApiProblem } from "./api-client.ts";

export interface Polled<Answer> {
  /** The last good answer. */
  readonly data?: Answer;
  /** What is wrong with the last one. */
  readonly problem?: ApiProblem;
  /** When the last good answer came. */
  readonly at?: Date;
}

const everyMs = 5_000;

/** Asks for `path` again and again, as long as the page can be seen. What was known stays while there is no answer. */
export function usePolled<Answer>(client: ApiClient, path: string): Polled<Answer> {
  const [state, setState] = useState<Polled<Answer> & { readonly path: string }>({ path });
  useEffect(() => {
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      clearTimeout(timer);
      try {
        const data = await client.get<Answer>(path, ending.signal);
        setState({ path, data, at: new Date() });
      } catch (error) {
        if (ending.signal.aborted) return;
        const problem = error instanceof ApiProblem ? error : new ApiProblem(0, String(error));
        setState((before) =>
          before.path === path && problem.status !== 404 ? { ...before, problem } : { path, problem },
        );
      }
      if (!ending.signal.aborted && document.visibilityState === "visible")
        timer = setTimeout(() => void look(), everyMs);
    };
    const seen = () => {
      if (document.visibilityState === "visible") void look();
    };
    document.addEventListener("visibilitychange", seen);
    void look();
    return () => {
      ending.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [client, path]);
  return state.path === path ? state : {};
}
