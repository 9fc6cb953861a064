/**
 * What `work` comes to; its signal ends after `ms` milliseconds, or with `stop`. Made without `AbortSignal.any`, of whose
 * every signal Node.js 20 keeps a trace for as long as `stop` lives.
 */
export async function within<T>(
  ms: number,
  stop: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, Math.ceil(ms));
  stop.addEventListener("abort", end, { once: true });
  if (stop.aborted) end();
  try {
    return await work(ending.signal);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", end);
  }
}
