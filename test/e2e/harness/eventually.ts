/**
 * The first value of `attempt` that is not undefined or false. What it throws meanwhile does not count, but the last
 * of it is told when nothing comes within `seconds`.
 */
export async function eventually<Value>(
  what: string,
  attempt: () => Promise<Value | undefined | false> | Value | undefined | false,
  { seconds = 120, pauseMs = 50 }: { readonly seconds?: number; readonly pauseMs?: number } = {},
): Promise<Value> {
  const end = performance.now() + seconds * 1000;
  let trouble: unknown;
  for (;;) {
    try {
      const value = await attempt();
      if (value !== undefined && value !== false) return value;
      trouble = undefined;
    } catch (error) {
      trouble = error;
    }
    if (performance.now() > end) {
      const last = trouble instanceof Error ? `: ${trouble.message}` : "";
      throw new Error(`not within ${seconds} s: ${what}${last}`, { cause: trouble });
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
